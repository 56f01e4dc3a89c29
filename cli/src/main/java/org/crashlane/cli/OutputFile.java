// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** A file for a result that is there whole or, if the command fails, as it was before. */
final class OutputFile implements AutoCloseable {
  private static final Set<PosixFilePermission> OWNER_ALONE =
      Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  private static final Set<PosixFilePermission> WRITING =
      Set.of(
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_WRITE);

  private final Path target;
  private final Path written;
  private final RememberingOutput stream;
  private final PrintWriter writer;

  private OutputFile(Path target, Path written, RememberingOutput stream) {
    this.target = target;
    this.written = written;
    this.stream = stream;
    this.writer = new PrintWriter(stream, false, StandardCharsets.UTF_8);
  }

  /**
   * {@return a file that will be called {@code path}; what is no regular file (/dev/null, a pipe)
   * is written to as it is}
   *
   * @throws IOException if it cannot be written
   */
  static OutputFile of(Path path) throws IOException {
    if (path.toString().isEmpty()) {
      throw new IOException("--output: the file's name is empty");
    }
    if (Files.isDirectory(path)) {
      throw new IOException(path + ": is a directory, and --output takes a file");
    }
    if (Files.isSymbolicLink(path) && !Files.exists(path)) {
      throw new IOException(path + ": is a symbolic link to a file that does not exist");
    }
    Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      return new OutputFile(target, target, new RememberingOutput(Files.newOutputStream(target)));
    }
    // Otherwise the message would name a file that nobody asked for.
    Path directory = target.getParent();
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + ": no such directory");
    }
    if (!Files.isWritable(directory)) {
      throw new IOException(directory + ": permission denied");
    }
    // By chance, since another process of this number (in a container, each) may have left its own.
    Path written =
        target.resolveSibling(
            ".%s.%s"
                .formatted(
                    target.getFileName(),
                    Long.toHexString(ThreadLocalRandom.current().nextLong())));
    RememberingOutput stream = new RememberingOutput(create(written, target));
    // After Ctrl-C, too.
    written.toFile().deleteOnExit();
    return new OutputFile(target, written, stream);
  }

  /** {@return the new file {@code written}, which gives nobody more rights than {@code target}} */
  private static OutputStream create(Path written, Path target) throws IOException {
    if (!Files.exists(target)) {
      return Files.newOutputStream(
          written, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
    PosixFileAttributes old = Files.readAttributes(target, PosixFileAttributes.class);
    // Root may write what nobody may.
    if (!Files.isWritable(target) || Collections.disjoint(old.permissions(), WRITING)) {
      throw new IOException(target + ": is read-only");
    }
    OutputStream stream =
        Channels.newOutputStream(
            Files.newByteChannel(
                written,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(OWNER_ALONE)));
    Set<PosixFilePermission> permissions = EnumSet.copyOf(old.permissions());
    PosixFileAttributeView view = Files.getFileAttributeView(written, PosixFileAttributeView.class);
    try {
      view.setGroup(old.group());
      view.setOwner(old.owner());
    } catch (FileSystemException e) {
      // Not everyone may give files away: then what the owner may do is all that can be kept.
      permissions.retainAll(OWNER_ALONE);
    }
    view.setPermissions(permissions);
    return stream;
  }

  /** {@return where the result is printed} */
  PrintWriter writer() {
    return writer;
  }

  /** {@return true if anything was printed} */
  boolean isWritten() {
    writer.flush();
    return stream.byteCount() > 0;
  }

  /**
   * Gives the file its name.
   *
   * @throws IOException if not all was written
   */
  void keep() throws IOException {
    writer.close();
    if (stream.loss().isPresent()) {
      throw new IOException(target + ": " + stream.loss().get());
    }
    if (!written.equals(target)) {
      Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Removes what was not kept. */
  @Override
  public void close() throws IOException {
    writer.close();
    if (!written.equals(target)) {
      Files.deleteIfExists(written);
    }
  }
}
