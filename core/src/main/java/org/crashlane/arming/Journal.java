// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.bits.MalformedInputException;

/**
 * The file that knows the way back from an arming. It is complete and on disk before the first
 * store, so whatever happens then can be undone; see {@code JournalFormat} for its lines.
 */
public final class Journal {
  /** Room for the stores of 16 GiB mapped by leaves of 4 KiB. */
  static final int STORE_COUNT_MAX = 1 << 22;

  private static final long LIMIT_BYTES = 1L << 29;

  /** Room for a few thousand stores, as a crash range of some GiB takes. */
  private static final int USUAL_BYTES = 1 << 17;

  private static final String SUFFIX = ".journal";

  private final Path file;
  private JournalParser.Parsed parsed;

  private Journal(Path file, JournalParser.Parsed parsed) {
    this.file = file;
    this.parsed = parsed;
  }

  /** {@return the one journal of {@code target} in {@code directory}, there or not} */
  public static Path fileFor(Path directory, Target target) {
    return directory.resolve(target.fileStem() + SUFFIX);
  }

  /**
   * Makes the folder of journals where it is missing.
   *
   * @throws IOException if it cannot be made; the message names it
   */
  public static void makeDirectory(Path directory) throws IOException {
    try {
      Files.createDirectories(directory);
    } catch (NoSuchFileException e) {
      // What the system says where nobody makes folders, as in /proc.
      throw new IOException(directory + ": a directory for journals cannot be made there", e);
    }
  }

  /**
   * Makes sure, as far as that can be seen now, that a journal about {@code target} can be kept in
   * {@code directory}; the folder is made where it is missing.
   *
   * @throws IOException if none can be written; the message names what is in the way
   * @throws MalformedInputException if what stands there under its name is not one, or another's
   */
  public static void requireUsable(Path directory, Target target) throws IOException {
    makeDirectory(directory);
    Path file = fileFor(directory, target);
    if (Files.exists(file)) {
      open(file).requireFor(target);
    }
    Path draft = draftOf(file);
    write(file, draft, new byte[USUAL_BYTES]);
    Files.delete(draft);
  }

  /** {@return true if a journal of {@code plan} can be read back} */
  static boolean canHold(ArmingPlan plan) {
    return plan.stores().size() <= STORE_COUNT_MAX;
  }

  /**
   * Puts the journal of {@code plan}, which it {@link #canHold}, on disk, in state PLANNED, in
   * place of an older one. It stands there whole or not at all.
   */
  static Journal create(Path file, ArmingPlan plan) throws IOException {
    byte[] bytes =
        JournalFormat.encode(
            new JournalRecord(
                plan.target(), plan.windows(), plan.newPages(), plan.stores(), State.PLANNED));
    Path draft = draftOf(file);
    write(file, draft, bytes);
    try {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      discard(draft, e);
      throw e;
    }
    try (FileChannel directory = FileChannel.open(directoryOf(file), StandardOpenOption.READ)) {
      directory.force(true);
    }
    return open(file);
  }

  /**
   * Reads a journal.
   *
   * @throws NoSuchFileException if there is none
   * @throws MalformedInputException if it is cut off, corrupt, or of another version
   */
  public static Journal open(Path file) throws IOException {
    long size = Files.size(file);
    if (size > LIMIT_BYTES) {
      throw new MalformedInputException(file.toString(), LIMIT_BYTES, "too long for a journal");
    }
    byte[] bytes = Files.readAllBytes(file);
    return new Journal(file, new JournalParser(file.toString(), bytes).parse());
  }

  /** {@return what it holds} */
  public JournalRecord content() {
    return parsed.journal();
  }

  /**
   * Makes sure that the journal is about {@code target}.
   *
   * @throws MalformedInputException if it is about another
   */
  void requireFor(Target target) {
    String identity = parsed.journal().target().identity();
    if (!identity.equals(target.identity())) {
      throw new MalformedInputException(
          file.toString(),
          parsed.identityOffset(),
          "the journal of another target: " + identity + ", not " + target.identity());
    }
  }

  /** Tells a new state; on disk when this returns. */
  void append(State state) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, parsed.validBytes());
    byte[] line = JournalFormat.encode(state, crc);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(parsed.validBytes()).position(parsed.validBytes());
      write(file, channel, line);
    }
    parsed =
        new JournalParser.Parsed(
            parsed.journal().inState(state),
            parsed.identityOffset(),
            parsed.validBytes() + line.length);
  }

  private static Path draftOf(Path file) {
    return file.resolveSibling(file.getFileName() + ".new");
  }

  /** What cannot be written whole does not stay. */
  private static void write(Path file, Path draft, byte[] bytes) throws IOException {
    Files.deleteIfExists(draft);
    try (FileChannel channel =
        FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      write(file, channel, bytes);
    } catch (IOException e) {
      discard(draft, e);
      throw e;
    }
  }

  /** A channel that fails does not say of which file: a full disk has no name. */
  private static void write(Path file, FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    try {
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new IOException(file + ": the journal cannot be written: " + e.getMessage(), e);
    }
  }

  private static void discard(Path draft, IOException cause) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static Path directoryOf(Path file) {
    return Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
  }
}
