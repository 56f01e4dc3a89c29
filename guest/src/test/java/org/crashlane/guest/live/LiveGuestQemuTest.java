// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.crashlane.guest.qmp.QemuProcess;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests as QEMU itself shows them. */
class LiveGuestQemuTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private static final Map<String, ?> EVENTS_OF_MIGRATION =
      Map.of("capabilities", List.of(Map.of("capability", "events", "state", true)));

  @TempDir Path directory;

  @Test
  void memoryOnBothSidesOfTheHoleIsTheGuestsOwn() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      assertEquals(
          List.of(
              AddressRange.parse("0x0-0xbffff"),
              AddressRange.parse("0x100000-0x7fffffff"),
              AddressRange.parse("0x100000000-0x1ffffffff")),
          guest.memory().ranges());
      for (long address : new long[] {0x200000, 0x7ffffff8, 0x100000000L, 0x1fffffff8L}) {
        guest.memory().writeLong(address, ~address);
        assertEquals(~address, HmpRegisters.word(guest.qmp(), "g", address));
      }
    }
  }

  @Test
  void theUnitsRegistersAreReadInTheirSizes() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, ",aw-bits=48");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      RegisterFile registers = guest.iommu().registers();
      assertEquals(Vendor.VTD, guest.iommu().vendor());
      assertEquals(1, registers.read(Registers.VER) >> 4);
      assertEquals(47, Registers.Cap.MGAW.get(registers.read(Registers.CAP)));
      assertEquals(
          registers.read64(Registers.CAP.offset()) & 0xffffffffL,
          registers.read32(Registers.CAP.offset()));
      assertEquals(0, registers.read(Registers.GSTS));
    }
  }

  @Test
  void devicesAreFoundWithClassAndName() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      List<PciFunction> functions = guest.pciFunctions();
      assertEquals(RequesterId.of(0, 0, 0), functions.getFirst().requester());
      assertEquals(
          List.of(TranslatingQemu.NVME, TranslatingQemu.SATA),
          functions.stream().filter(PciFunction::isStorage).map(PciFunction::requester).toList());
      PciFunction nvme =
          functions.stream()
              .filter(f -> f.requester().equals(TranslatingQemu.NVME))
              .findFirst()
              .orElseThrow();
      assertEquals("disk (NVMe controller)", nvme.name());
    }
  }

  private StopMark mark() {
    return StopMark.set(List.of(directory.resolve("mark")), "a guest").orElseThrow();
  }

  @Test
  void aGuestThatRanRunsAfterwards() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "");
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      QmpClient qmp = guest.qmp();
      qmp.cont();
      assertFalse(guest.stoppedThenRunning(mark(), qmp::isRunning));
      assertTrue(qmp.isRunning());
      assertThrows(
          IllegalStateException.class,
          () ->
              guest.stoppedThenRunning(
                  mark(),
                  () -> {
                    throw new IllegalStateException("work failed");
                  }));
      assertTrue(qmp.isRunning());
    }
  }

  @Test
  void aGuestThatIsBeingMigratedIsNotStopped() throws Exception {
    try (QemuProcess qemu = migratable();
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      QmpClient qmp = guest.qmp();
      qmp.cont();
      qmp.execute("migrate-set-parameters", Map.of("max-bandwidth", 1));
      qmp.execute("migrate", Map.of("uri", "exec:cat > /dev/null"));
      IOException e =
          assertThrows(IOException.class, () -> guest.stoppedThenRunning(mark(), qmp::isRunning));
      assertTrue(e.getMessage().contains("is being migrated"), e.getMessage());
      assertFalse(Files.exists(directory.resolve("mark")));
      assertTrue(qmp.isRunning());
      qmp.execute("migrate_cancel");
    }
  }

  @Test
  void aGuestThatIsElsewhereByNowDoesNotRunHereAgain() throws Exception {
    try (QemuProcess qemu = migratable();
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      QmpClient qmp = guest.qmp();
      qmp.cont();
      qmp.execute("migrate-set-capabilities", EVENTS_OF_MIGRATION);
      guest.stoppedThenRunning(
          mark(),
          () -> {
            qmp.execute("migrate", Map.of("uri", "exec:cat > /dev/null"));
            while (!qmp.awaitEvent("MIGRATION", LONG)
                .data()
                .path("status")
                .asString("")
                .equals("completed")) {
              // It begins first.
            }
            return 0;
          });
      // QEMU says that it is completed a moment before it is "postmigrate".
      assertTrue(qmp.status().endsWith("-migrate") || qmp.status().equals("postmigrate"));
    }
  }

  private QemuProcess migratable() throws Exception {
    return QemuProcess.start(
        directory,
        "-M",
        "q35,memory-backend=ram",
        "-m",
        "256M",
        "-object",
        "memory-backend-file,id=ram,share=on,size=256M,mem-path=" + directory.resolve("ram"));
  }

  @Test
  void aToolThatIsToldToEndLetsTheGuestRunOn() throws Exception {
    try (TranslatingQemu qemu = TranslatingQemu.start(directory, "")) {
      try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
        qmp.cont();
      }
      Process tool = StandingTool.start(qemu.socket(), directory.resolve("journals"));
      tool.destroy();
      tool.waitFor();
      try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
        assertTrue(qmp.isRunning());
        qmp.stop();
        assertEquals("STOP", qmp.awaitEvent("STOP", LONG).name());
      }
    }
  }

  @Test
  void aGuestWithoutAnIntelIommuIsToldSo() throws Exception {
    Path memory = directory.resolve("r");
    try (QemuProcess qemu =
            QemuProcess.start(
                directory,
                "-M",
                "q35,memory-backend=r",
                "-m",
                "256M",
                "-object",
                "memory-backend-file,id=r,size=256M,share=on,mem-path=" + memory);
        LiveGuest guest = LiveGuest.attach(qemu.socket())) {
      IOException e = assertThrows(IOException.class, guest::iommu);
      assertEquals(
          qemu.socket() + ": the guest has no IOMMU (-device intel-iommu or amd-iommu)",
          e.getMessage());
    }
  }
}
