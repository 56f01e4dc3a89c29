// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;

/**
 * The process behind a control socket, and which files it has mapped where, as proc(5) shows it.
 *
 * <p>What a monitor says of names decides nothing: a name may be relative to a folder that is not
 * ours, be gone, or be a lie. A file counts where that process has it mapped, shared and writable,
 * so that nothing is written that the process could not write itself.
 */
final class GuestProcess {
  private static final Pattern MAPPING =
      Pattern.compile(
          "([0-9a-f]+)-([0-9a-f]+) (r)(w)[-x](s) ([0-9a-f]+) [0-9a-f]+:[0-9a-f]+ (\\d+)\\s+(.+)");
  private static final int SHARED_OFFSET = 6;
  private static final int INODE = 7;
  private static final int NAME = 8;
  private static final String DELETED = " (deleted)";

  /** Field 22 of proc_pid_stat(5), counted from behind the name, which is field 2. */
  private static final int START_TIME = 22 - 3;

  private final Path socket;
  private final int id;
  private final List<Mapping> mappings;

  private GuestProcess(Path socket, int id, List<Mapping> mappings) {
    this.socket = socket;
    this.id = id;
    this.mappings = mappings;
  }

  /**
   * A file's part in the process's memory: shared, readable and writable.
   *
   * @param host where, in the process's address space
   * @param fileOffset what of the file is at the beginning
   * @param inode of the file
   * @param name as the kernel shows it
   */
  private record Mapping(AddressRange host, long fileOffset, long inode, String name) {}

  /**
   * Looks at the process of this id, 0 if it has none here.
   *
   * @param socket on which it listens, for messages
   * @throws IOException if it cannot be seen from here, or belongs to somebody else
   */
  static GuestProcess of(Path socket, int id) throws IOException {
    if (id == 0) {
      throw new IOException(
          socket
              + ": the process that listens is in a PID namespace that is not seen from here: run"
              + " crashlane beside it, or arm the guest from inside, by the crashlane_arm module");
    }
    Path maps = of(id).resolve("maps");
    try {
      List<Mapping> mappings = new ArrayList<>();
      for (String line : Files.readAllLines(maps)) {
        mapping(line).ifPresent(mappings::add);
      }
      return new GuestProcess(socket, id, mappings);
    } catch (AccessDeniedException e) {
      throw denied(socket, id, e);
    } catch (NoSuchFileException e) {
      throw new IOException(socket + ": process " + id + ", which listened, is gone", e);
    }
  }

  /** {@return what names the process behind {@code qmp}, and none that comes later} */
  static String nameOf(QmpClient qmp) throws IOException {
    int id = qmp.processId();
    try {
      String stat = Files.readString(of(id).resolve("stat"));
      // The command's name may have spaces and brackets.
      String[] behindName = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
      return "process %d, started at tick %s".formatted(id, behindName[START_TIME]);
    } catch (NoSuchFileException e) {
      throw new IOException(qmp.socket() + ": process " + id + ", which listened, is gone", e);
    }
  }

  private static IOException denied(Path socket, int id, IOException cause) {
    return new IOException(
        "%s: the memory of process %d, which listens, may not be looked at: run crashlane as root, or as the process's user"
            .formatted(socket, id),
        cause);
  }

  private static Path of(int id) {
    return Path.of("/proc", Integer.toString(id));
  }

  private static Optional<Mapping> mapping(String line) {
    Matcher m = MAPPING.matcher(line);
    if (!m.matches()) {
      return Optional.empty();
    }
    AddressRange host = new AddressRange(Hex.parse(m.group(1)), Hex.parse(m.group(2)) - 1);
    return Optional.of(
        new Mapping(
            host,
            Hex.parse(m.group(SHARED_OFFSET)),
            Long.parseLong(m.group(INODE)),
            m.group(NAME)));
  }

  /**
   * {@return the files that hold {@code guest}, guest-physical addresses that are in one piece in
   * the process's address space}
   *
   * @param hostAddress where they begin there
   * @throws IOException if any of it is in no file that the process has mapped shared, or the file
   *     cannot be opened
   */
  List<MappedImage.Part> files(AddressRange guest, long hostAddress) throws IOException {
    List<MappedImage.Part> parts = new ArrayList<>();
    long at = hostAddress;
    long guestAt = guest.first();
    while (true) {
      Mapping mapping = mapped(at, guest);
      long leftBytes = Math.min(mapping.host.last() - at, guest.last() - guestAt) + 1;
      long fileOffset = mapping.fileOffset + (at - mapping.host.first());
      parts.add(
          new MappedImage.Part(
              file(mapping),
              List.of(new ImageRegion(AddressRange.ofSize(guestAt, leftBytes), fileOffset))));
      if (guestAt + (leftBytes - 1) == guest.last()) {
        return parts;
      }
      at += leftBytes;
      guestAt += leftBytes;
    }
  }

  private Mapping mapped(long hostAddress, AddressRange guest) throws IOException {
    return mappings.stream()
        .filter(m -> m.host.contains(hostAddress))
        .findFirst()
        .orElseThrow(() ->
            new IOException(
                "%s: process %d, which listens, has the guest's memory %s in no file that it shares"
                    .formatted(socket, id, guest)));
  }

  /** The file as everybody sees it where it has a name here, or as the process has it open. */
  private Path file(Mapping mapping) throws IOException {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(of(id).resolve("fd"))) {
      for (Path open : descriptors) {
        if (isFile(open, mapping)) {
          Path named = Path.of(mapping.name);
          return Files.exists(named) && Files.isSameFile(named, open) ? named.toRealPath() : open;
        }
      }
    } catch (AccessDeniedException e) {
      throw denied(socket, id, e);
    }
    throw new IOException(
        "%s: process %d, which listens, has not got open what it has mapped: %s"
            .formatted(socket, id, mapping.name));
  }

  /** Names that were deleted may be many files'; others are compared for file systems in layers. */
  private static boolean isFile(Path open, Mapping mapping) throws IOException {
    try {
      return Files.readSymbolicLink(open).toString().equals(mapping.name)
          && (!mapping.name.endsWith(DELETED)
              || Files.getAttribute(open, "unix:ino").equals(mapping.inode));
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
