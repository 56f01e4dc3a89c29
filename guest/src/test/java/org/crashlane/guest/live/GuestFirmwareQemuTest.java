// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.InstalledTables;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.RootPointer;
import org.crashlane.firmware.FirmwareInMemory;
import org.crashlane.firmware.Tables;
import org.crashlane.guest.qmp.QemuProcess;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.interrupt.Processors;
import org.crashlane.interrupt.Processors.Mode;
import org.crashlane.iommu.HostFacts;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Subject.OfFirmware;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables that SeaBIOS and EDK2 install in real guests, whose kernel has not been started. */
@Tag("qemu")
class GuestFirmwareQemuTest {
  private static final AddressRange CRASH = AddressRange.ofSize(0x8000000, 0x4000000);
  private static final Path UEFI = Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd");
  private static final Duration FIRMWARE_LIMIT = Duration.ofMinutes(5);

  /** The SATA controller of QEMU's q35 uses the first MiB of the crash range. */
  private static final byte[] WITH_REGION =
      Tables.dmarBytes(
          Tables.drhd(0xfed90000L, 1, 0),
          Tables.rmrr(CRASH.first(), CRASH.first() + 0xfffff, 0, Tables.endpoint("00 1f02")));

  @TempDir Path directory;

  private QemuProcess start(String... options) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("-M", "q35,memory-backend=m", "-m", "256M", "-smp", "2"));
    all.addAll(List.of("-object", "memory-backend-memfd,share=on,size=256M,id=m"));
    all.addAll(List.of(options));
    return QemuProcess.start(directory, all.toArray(String[]::new));
  }

  private static InstalledTables tables(LiveGuest guest) {
    return InstalledTables.read(
        guest.memory(), RootPointer.inBiosArea(guest.memory()).stream().toList());
  }

  /** Lets firmware run until the tables can be read, and stops the guest. */
  private static void runFirmware(QemuProcess qemu) throws Exception {
    try (QmpClient qmp = QmpClient.connect(qemu.socket())) {
      qmp.cont();
    }
    long deadline = System.nanoTime() + FIRMWARE_LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      Thread.sleep(200);
      // What is memory in the BIOS's area changes while firmware runs.
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        GuestFirmware firmware = GuestFirmware.read(guest, guest.pciFunctions());
        if (!firmware.apicIds().isEmpty()) {
          guest.qmp().stop();
          return;
        }
      }
    }
    fail("no tables after " + FIRMWARE_LIMIT);
  }

  private List<Finding> regions(QemuProcess qemu) throws IOException {
    try (OutsideHand hand = OutsideHand.attach(qemu.socket(), directory.resolve("journals"))) {
      return hand.judge(List.of(CRASH), Set.of(), false).verdict().findings().stream()
          .filter(f -> f.code() == FindingCode.F1)
          .toList();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"intel-iommu | DMAR", "intel-iommu,aw-bits=48 | DMAR", "amd-iommu | IVRS"})
  void seaBiosTablesAreReadByteForByte(String iommu, String signature) throws Exception {
    byte[] own = Tables.table("OEMX", "0123456789abcdef");
    Path file = Files.write(directory.resolve("table"), WITH_REGION);
    Path other = Files.write(directory.resolve("other"), own);
    try (QemuProcess qemu =
        start("-device", iommu, "-acpitable", "file=" + other, "-acpitable", "file=" + file)) {
      runFirmware(qemu);
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        InstalledTables found = tables(guest);
        assertTrue(found.unread().isEmpty(), found::toString);
        List<String> signatures =
            found.tables().stream().map(table -> table.header().signature()).toList();
        assertEquals(List.of("APIC", signature, "DMAR"), signatures);
        assertEquals(AcpiTable.read("", WITH_REGION), found.tables().getLast());
        assertEquals(List.of(0, 1), GuestFirmware.read(guest, guest.pciFunctions()).apicIds());
        int width = guest.iommuProperties().facts().addressWidth();
        if (found.tables().get(1) instanceof Dmar dmar) {
          assertEquals(dmar.hostAddressWidthBits(), width);
          assertEquals(0xfed90000L, dmar.units().getFirst().registerBase());
        } else if (found.tables().get(1) instanceof Ivrs ivrs) {
          assertEquals(HostFacts.ADDRESS_WIDTH_MAX, width, "QEMU does not heed what IVRS has");
          assertEquals(40, ivrs.physicalAddressBits());
          assertEquals(0xfed80000L, ivrs.units().getFirst().registerBase());
        }
      }
    }
  }

  @Test
  void aRegionThatFirmwareAddsIsFoundWhereNoTableComesBefore() throws Exception {
    Path file = Files.write(directory.resolve("table"), WITH_REGION);
    try (QemuProcess qemu = start("-device", "amd-iommu", "-acpitable", "file=" + file)) {
      runFirmware(qemu);
      List<Finding> found = regions(qemu);
      assertEquals(1, found.size(), found::toString);
      assertEquals(Severity.BROKEN, found.getFirst().severity());
      OfFirmware subject = assertInstanceOf(OfFirmware.class, found.getFirst().subject());
      assertEquals("00:1f.2", subject.region().devices());
    }
  }

  @Test
  void ofTwoTablesLinuxTakesTheFirstAndTheOtherOnesRegionIsADoubt() throws Exception {
    Path file = Files.write(directory.resolve("table"), WITH_REGION);
    try (QemuProcess qemu = start("-device", "intel-iommu", "-acpitable", "file=" + file)) {
      runFirmware(qemu);
      assertEquals(
          List.of(Severity.UNKNOWN), regions(qemu).stream().map(Finding::severity).toList());
      try (LiveGuest guest = LiveGuest.attach(qemu.socket())) {
        swapTheDmars(guest.memory());
      }
      assertEquals(
          List.of(Severity.BROKEN), regions(qemu).stream().map(Finding::severity).toList());
    }
  }

  /** As firmware could have it: the one with the region comes first. */
  private static void swapTheDmars(WritableMemory memory) {
    long root = RootPointer.inBiosArea(memory).orElseThrow().rsdtAddress();
    byte[] bytes = new byte[256];
    memory.read(root, bytes, 0, bytes.length);
    ByteBuffer table = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Integer> dmars = new ArrayList<>();
    for (int at = 36; at < table.getInt(4); at += Integer.BYTES) {
      byte[] signature = new byte[4];
      memory.read(table.getInt(at), signature, 0, signature.length);
      if (new String(signature, StandardCharsets.ISO_8859_1).equals("DMAR")) {
        dmars.add(at);
      }
    }
    assertEquals(2, dmars.size());
    int first = table.getInt(dmars.get(0));
    table.putInt(dmars.get(0), table.getInt(dmars.get(1))).putInt(dmars.get(1), first);
    long aligned = root / Long.BYTES * Long.BYTES;
    byte[] around = new byte[264];
    memory.read(aligned, around, 0, around.length);
    System.arraycopy(bytes, 0, around, (int) (root - aligned), bytes.length);
    FirmwareInMemory.write(memory, aligned, around);
  }

  @Test
  void qemuTellsOfItsProcessorsAndThatNothingIsEncrypted() throws Exception {
    try (QemuProcess qemu =
            QemuProcess.start(
                directory, "-M", "q35", "-smp", "6,sockets=2,cores=3", "-cpu", "qemu64");
        QmpClient qmp = QmpClient.connect(qemu.socket())) {
      EncryptedMemory.requireNone(qmp);
      assertEquals(
          new Processors(List.of(0, 1, 2, 4, 5, 6), Mode.XAPIC),
          GuestProcessors.of(qmp, List.of()).known(false));
    }
  }

  @Test
  @Tag("long")
  void uefiTablesAreFoundWhereverTheyAre() throws Exception {
    assumeTrue(Files.exists(UEFI), UEFI + " is not installed");
    Path file = Files.write(directory.resolve("table"), WITH_REGION);
    try (QemuProcess qemu =
        start(
            "-device",
            "intel-iommu",
            "-acpitable",
            "file=" + file,
            "-drive",
            "if=pflash,format=raw,readonly=on,file=" + UEFI)) {
      runFirmware(qemu);
      List<Finding> found = regions(qemu);
      assertEquals(List.of(Severity.UNKNOWN), found.stream().map(Finding::severity).toList());
      assertEquals(Fact.NOT_FIRST_TABLE, found.getFirst().evidence().getLast());
    }
  }
}
