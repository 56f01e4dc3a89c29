// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.crashlane.guest.qmp.FakeQemu;
import org.crashlane.guest.qmp.QemuProcess;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.AddressRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a guest's memory is: in the files that its process shares, whatever names say. */
class GuestMemoryQemuTest {
  private static final long SIZE_BYTES = 256L << 20;
  private static final String IN_FILE = "memory-backend-file,share=on,size=256M,id=";

  @TempDir Path directory;

  private void requireOwnMemory(List<String> options, long... addresses) throws Exception {
    try (QemuProcess qemu = QemuProcess.start(directory, options.toArray(String[]::new));
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      requireOwnMemory(guest, addresses);
    }
  }

  /** Writes a word at each address here and has QEMU read it. */
  private static void requireOwnMemory(LiveGuest guest, long... addresses) throws IOException {
    for (long address : addresses) {
      guest.memory().writeLong(address, ~address);
      assertEquals(~address, HmpRegisters.word(guest.qmp(), "g", address));
    }
  }

  private QemuProcess start(Path memory) throws Exception {
    return QemuProcess.start(
        directory, oneBackend(IN_FILE + "m,mem-path=" + memory).toArray(String[]::new));
  }

  private static List<String> oneBackend(String object) {
    return List.of("-M", "q35,memory-backend=m", "-m", "256M", "-object", object);
  }

  /** Two NUMA nodes, the memory of the first in a file. */
  private List<String> twoNodes(String second) {
    return List.of(
        "-M",
        "q35",
        "-m",
        "512M",
        "-smp",
        "2",
        "-object",
        IN_FILE + "m0,mem-path=" + directory.resolve("m0"),
        "-object",
        second,
        "-numa",
        "node,memdev=m0",
        "-numa",
        "node,memdev=m1");
  }

  /** The file of that name here is a copy of the guest's memory: no comparison tells them apart. */
  @Test
  void aPathThatIsRelativeToTheGuestsFolder() throws Exception {
    Path decoy = Path.of("decoy-%d.ram".formatted(ProcessHandle.current().pid()));
    String name = decoy.toString();
    try (QemuProcess qemu = start(decoy)) {
      Path own = directory.resolve(name);
      assertTrue(Files.exists(own), "QEMU runs in its own folder");
      Process copy =
          new ProcessBuilder("cp", "--sparse=always", own.toString(), name).inheritIO().start();
      assertEquals(0, copy.waitFor());
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        assertEquals(own.toRealPath(), guest.memoryFile());
        requireOwnMemory(guest, 0x200000, SIZE_BYTES - 8);
        for (long address : new long[] {0x200000, SIZE_BYTES - 8}) {
          assertEquals(0, word(decoy, address), "the file of that name here was written");
        }
      }
    } finally {
      Files.deleteIfExists(decoy);
    }
  }

  private static long word(Path file, long offset) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
      open.seek(offset);
      return open.readLong();
    }
  }

  @Test
  void aFileWhoseNameAnotherOneHasNowAndThenNone() throws Exception {
    Path file = directory.resolve("m.ram");
    Path moved = directory.resolve("moved.ram");
    try (QemuProcess qemu = start(file)) {
      Files.move(file, moved);
      try (RandomAccessFile other = new RandomAccessFile(file.toFile(), "rw")) {
        other.setLength(SIZE_BYTES);
      }
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        assertEquals(moved.toRealPath(), guest.memoryFile());
        requireOwnMemory(guest, 0x200000);
        assertEquals(0, word(file, 0x200000), "the file of that name now was written");
      }
      Files.delete(moved);
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        requireOwnMemory(guest, 0x300000);
      }
    }
  }

  @Test
  void aFolderAsPathAndAFileWithoutName() throws Exception {
    requireOwnMemory(oneBackend(IN_FILE + "m,mem-path=" + directory), 0x200000);
    requireOwnMemory(oneBackend("memory-backend-memfd,share=on,size=256M,id=m"), 0x200000);
  }

  @Test
  void aFileForEachNumaNode() throws Exception {
    requireOwnMemory(
        twoNodes(IN_FILE + "m1,mem-path=" + directory.resolve("m1")),
        0x200000,
        SIZE_BYTES - 8,
        SIZE_BYTES,
        2 * SIZE_BYTES - 8);
  }

  @Test
  void aMemoryModuleBesideTheFirstFile() throws Exception {
    requireOwnMemory(
        List.of(
            "-M",
            "q35,memory-backend=m",
            "-m",
            "256M,slots=2,maxmem=1G",
            "-object",
            IN_FILE + "m,mem-path=" + directory.resolve("m"),
            "-object",
            IN_FILE + "m1,mem-path=" + directory.resolve("m1"),
            "-device",
            "pc-dimm,memdev=m1"),
        0x200000,
        0x100000000L,
        0x100000000L + SIZE_BYTES - 8);
  }

  @Test
  void memoryThatIsNotSharedIsToldHowToStart() throws Exception {
    String start =
        "start it with -object memory-backend-file,id=ram,size=256M,"
            + "mem-path=/dev/shm/guest.ram,share=on -machine memory-backend=ram";
    requireRefused(List.of("-M", "q35", "-m", "256M"), start);
    requireRefused(oneBackend("memory-backend-ram,id=m,size=256M"), start);
    requireRefused(
        oneBackend("memory-backend-file,id=m,size=256M,mem-path=" + directory.resolve("m")), start);
    requireRefused(
        twoNodes("memory-backend-ram,id=m1,size=256M"),
        "start it with share=on for each memory backend (m1)");
  }

  private void requireRefused(List<String> options, String howToStart) throws Exception {
    Path own = Files.createTempDirectory(directory, "q");
    try (QemuProcess qemu = QemuProcess.start(own, options.toArray(String[]::new))) {
      IOException e = assertThrows(IOException.class, () -> LiveGuest.attach(qemu.socket()));
      assertTrue(e.getMessage().startsWith(qemu.socket() + ": "), e.getMessage());
      assertTrue(e.getMessage().contains(howToStart), e.getMessage());
      try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
        assertEquals("prelaunch", qmp.status());
      }
    }
  }

  @Test
  void aMonitorWhoseProcessDoesNotHaveTheFileDoesNotChooseIt() throws Exception {
    Path victim = directory.resolve("victim");
    try (RandomAccessFile file = new RandomAccessFile(victim.toFile(), "rw")) {
      file.setLength(SIZE_BYTES);
    }
    Path socket = directory.resolve("fake");
    try (FakeQemu _ = FakeQemu.listen(socket, FakeQemu.answering(c -> lie(c, victim)))) {
      IOException e = assertThrows(IOException.class, () -> LiveGuest.attach(socket));
      assertEquals(
          "%s: process %d, which listens, has the guest's memory %s in no file that it shares"
              .formatted(socket, ProcessHandle.current().pid(), AddressRange.ofSize(0, SIZE_BYTES)),
          e.getMessage());
    }
  }

  private static String lie(String command, Path victim) {
    return switch (command) {
      case "query-memdev" -> "[{\"id\": \"ram\", \"share\": true, \"size\": " + SIZE_BYTES + "}]";
      case "qom-get" -> "\"" + victim + "\"";
      case "human-monitor-command info mtree -f" ->
          "\"FlatView #0\\n AS \\\"memory\\\", root: system\\n"
              + "  0000000000000000-000000000fffffff (prio 0, ram): ram\\n\"";
      case "human-monitor-command gpa2hva 0x0" ->
          "\"Host virtual address for 0x0 (ram) is 0x1000\"";
      default -> "{}";
    };
  }
}
