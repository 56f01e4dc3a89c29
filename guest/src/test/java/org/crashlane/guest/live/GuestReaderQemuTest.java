// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.crashlane.guest.live.GuestTables.Listing;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.iommu.Mapping;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.memory.UnreadableMemoryException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest is looked at wherever its memory is, and nothing is left behind. */
@Tag("qemu")
class GuestReaderQemuTest {
  private static final String PRIVATE = "memory-backend-ram";

  @TempDir Path directory;

  private TranslatingQemu translating(String backend) throws Exception {
    TranslatingQemu qemu = TranslatingQemu.startWith(directory, backend);
    qemu.translate(qemu.byTestSocket());
    return qemu;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {PRIVATE, "memory-backend-memfd,share=off", "memory-backend-memfd,share=on"})
  void tablesAreWalkedWhetherMemoryIsSharedOrNot(String backend) throws Exception {
    try (TranslatingQemu qemu = translating(backend)) {
      List<String> before = files();
      try (GuestReader guest = GuestReader.attach(qemu.socket())) {
        guest.qmp().cont();
        GuestTables tables = guest.walk();
        assertTrue(tables.isWhole());
        Listing listing = tables.tables().getFirst();
        assertEquals(List.of(TranslatingQemu.NVME, TranslatingQemu.SATA), listing.devices());
        assertEquals(
            List.of(TranslatingQemu.LEFTOVER_IOVA),
            listing.mappings().stream().map(Mapping::iova).map(iova -> iova.first()).toList());
        assertTrue(guest.qmp().isRunning());
      }
      assertEquals(before, files());
    }
  }

  @Test
  void theMonitorShowsWhatTheProcessHas() throws Exception {
    try (TranslatingQemu qemu = translating(PRIVATE);
        QmpClient qmp = QmpClient.connect(qemu.socket())) {
      FlatView view = Guest.view(qmp);
      try (AskedMemory byProcess = AskedMemory.of(qmp, view, qmp.processId());
          AskedMemory byMonitor = AskedMemory.of(qmp, view, 0)) {
        assertTrue(byProcess.isOfProcess());
        assertFalse(byMonitor.isOfProcess());
        long[] ofProcess = new long[1024];
        long[] ofMonitor = new long[1024];
        byProcess.readLongs(0x4000000L, ofProcess, ofProcess.length);
        byMonitor.readLongs(0x4000000L, ofMonitor, ofMonitor.length);
        assertTrue(ofProcess[0] != 0, "the root table");
        assertArrayEquals(ofProcess, ofMonitor);
        byte[] bytes = new byte[9];
        byMonitor.read(0x4000001L, bytes, 1, 8);
        assertEquals(0, bytes[0]);
        assertEquals((byte) (ofProcess[0] >>> 24), bytes[3]);
        assertEquals((byte) ofProcess[1], bytes[8]);
        assertThrows(UnreadableMemoryException.class, () -> byProcess.readLong(1L << 40));
        assertThrows(UnreadableMemoryException.class, () -> byMonitor.readLong(1L << 40));
      }
    }
  }

  @Test
  void aGuestThatRunsAtTheEndIsSaidToHaveRunMeanwhile() throws Exception {
    try (TranslatingQemu qemu = translating(PRIVATE);
        GuestReader guest = GuestReader.attach(qemu.socket())) {
      StoppedTables stopped = new StoppedTables(guest, List.of(directory));
      TranslationTables tables = guest.tables();
      List<PciFunction> functions = guest.pciFunctions();
      assertFalse(GuestTables.read(guest, stopped, tables, functions).readWhileRunning());
      guest.qmp().cont();
      assertTrue(GuestTables.read(guest, stopped, tables, functions).readWhileRunning());
    }
  }

  @Test
  void memoryThatIsNotSharedIsNotArmed() throws Exception {
    try (TranslatingQemu qemu = translating(PRIVATE)) {
      IOException e = assertThrows(IOException.class, () -> LiveGuest.attach(qemu.socket()));
      assertTrue(e.getMessage().contains("share=on"), e.getMessage());
    }
  }
}
