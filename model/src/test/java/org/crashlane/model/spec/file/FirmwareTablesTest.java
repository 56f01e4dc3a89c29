// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.crashlane.acpi.TableProblem;
import org.crashlane.bits.Reason;
import org.crashlane.interrupt.Processors;
import org.crashlane.linux.LinuxRule;
import org.crashlane.linux.Remark;
import org.crashlane.machine.Source;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;
import org.crashlane.model.stage.ModelStage;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Verdict.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a machine's file says is held against the firmware's tables that it names. */
final class FirmwareTablesTest {
  private static final String TAKING_ALL = "00001000 01 00 0000 0000d9fe00000000";

  private static final String AT_ZERO = "00001000 00 00 0100 0000000000000000";

  @TempDir private Path folder;

  private static byte[] dmar(String structures) {
    return table("DMAR", 48, structures);
  }

  private static byte[] table(String signature, int headBytes, String structures) {
    byte[] body = HexFormat.of().parseHex(structures.replace(" ", ""));
    ByteBuffer table = ByteBuffer.allocate(headBytes + body.length).order(ByteOrder.LITTLE_ENDIAN);
    table.put(signature.getBytes(StandardCharsets.US_ASCII)).putInt(table.capacity());
    table.put(36, (byte) 38).put(headBytes, body);
    byte sum = 0;
    for (byte b : table.array()) {
      sum += b;
    }
    return table.put(9, (byte) -sum).array();
  }

  /** The built-in machine of VT-d with {@code lines}, read from a file beside the table. */
  private MachineSpec read(byte[] table, String lines) throws IOException {
    Files.write(folder.resolve("dmar.dat"), table);
    String text = BuiltInMachines.text("vtd").orElseThrow();
    return MachineFile.read(
        Files.writeString(folder.resolve("box.yaml"), text + lines), ModelStage::start);
  }

  private String errorOf(byte[] table) {
    MachineFileException e =
        assertThrows(MachineFileException.class, () -> read(table, "acpi: [dmar.dat]\n"));
    return e.field() + ": " + e.getMessage();
  }

  @Test
  void machineThatIsAsTheTablesSayIsTaken() throws IOException {
    read(dmar(TAKING_ALL), "acpi: [dmar.dat]\n");
  }

  private Processors processors(String structures, String lines) throws IOException {
    Files.write(folder.resolve("apic.dat"), table("APIC", 44, structures));
    return read(dmar(TAKING_ALL), "acpi: [dmar.dat, apic.dat]\n" + lines).processors();
  }

  @Test
  void processorsThatTheFileDoesNotHaveAreThoseOfTheTable() throws IOException {
    String two = "00 08 01 02 01000000";
    String later = "00 08 02 04 02000000";
    String beyond = "09 10 0000 ff010000 01000000 03000000";
    assertEquals(
        new Processors(List.of(2, 511), Processors.Mode.X2APIC),
        processors(two + later + beyond, ""));
    assertEquals(new Processors(List.of(2), Processors.Mode.UNKNOWN), processors(two + later, ""));
    assertEquals(
        new Processors(List.of(0), Processors.Mode.XAPIC),
        processors(two + beyond, "processors: {apic-ids: [0], mode: xapic}\n"));
    assertEquals(MachineSpec.PLAIN_PROCESSORS, processors("", ""));
  }

  private MachineSpec refused(String structures) throws IOException {
    return read(dmar(TAKING_ALL + AT_ZERO + structures), "acpi: [dmar.dat]\n");
  }

  /** The built-in machine has memory above 4 GiB, where Linux without an IOMMU bounces. */
  @Test
  void whereLinuxRefusesTheTableItRunsWithoutTheIommu() throws IOException {
    MachineSpec machine = refused("");
    ModeSpec.Swiotlb mode = assertInstanceOf(ModeSpec.Swiotlb.class, machine.modeSpec());
    assertFalse(mode.force());
    assertEquals(
        List.of(
            new Remark(
                LinuxRule.DMAR_UNIT_AT_ZERO,
                "DMAR",
                new TableProblem(0x40, Reason.of(LinuxRule.DMAR_UNIT_AT_ZERO)))),
        mode.firmware().refusal());
    assertEquals(List.of("", "", "", ""), machine.devices().stream().map(d -> d.unit()).toList());
    String low = BuiltInMachines.text("vtd").orElseThrow().replace("  - {at: 0x100000000", "#");
    Path file = Files.writeString(folder.resolve("low.yaml"), low + "acpi: [dmar.dat]\n");
    assertInstanceOf(ModeSpec.Nommu.class, MachineFile.read(file, ModelStage::start).modeSpec());
  }

  private static Rehearsal rehearse(MachineSpec machine, Strategy strategy) {
    return new ModelStage(machine, 1).rehearse(Scenario.of(machine.mode(), strategy), _ -> {});
  }

  private static List<Severity> severities(Rehearsal rehearsal, FindingCode code) {
    return rehearsal.verdict().findings().stream()
        .filter(finding -> finding.code() == code)
        .map(Finding::severity)
        .toList();
  }

  @Test
  void aRefusedTableIsANoteAndLosesNoDump() throws IOException {
    for (Strategy strategy : Strategy.values()) {
      Rehearsal rehearsal = rehearse(refused(""), strategy);
      assertEquals(Answer.HOLDS, rehearsal.verdict().answer(), rehearsal.verdict()::toString);
      assertTrue(rehearsal.observations().dump().gotThrough());
      assertEquals(List.of(Severity.NOTE), severities(rehearsal, FindingCode.W1));
    }
  }

  /** No table confines the device, so that it gets there under every strategy. */
  @Test
  void firmwaresRegionOfARefusedTableInTheCrashRangeIsBroken() throws IOException {
    MachineSpec machine =
        refused("01002000 0000 0000 0000003800000000 ff0f003800000000 01 08 0000 00 00 1f02");
    assertEquals(
        List.of(new ReservedMemory("sata", new AddressRange(0x3800_0000, 0x3800_0fff))),
        machine.firmwareMemory());
    for (Strategy strategy : Strategy.values()) {
      Rehearsal rehearsal = rehearse(machine, strategy);
      assertEquals(
          List.of(Severity.BROKEN), severities(rehearsal, FindingCode.F1), strategy::label);
    }
  }

  @Test
  void firmwaresRegionCountsWhereTheFileSaysThatTheIommuIsNotUsed() throws IOException {
    String region = "01002000 0000 0000 0000007c00000000 0000007c00000000 01 08 0000 00 00 1f02";
    Files.write(folder.resolve("dmar.dat"), dmar(TAKING_ALL + region));
    String text = BuiltInMachines.text("nommu").orElseThrow();
    String dump = "  - {name: sata, address: 00:1f.2, kind: storage}\n";
    Path file =
        Files.writeString(
            folder.resolve("plain.yaml"),
            text.replace("devices:\n", "devices:\n" + dump) + "acpi: [dmar.dat]\n");
    MachineSpec machine = MachineFile.read(file, ModelStage::start);
    // A region whose limit is its base is a page to Linux.
    assertEquals(
        List.of(new ReservedMemory("sata", new AddressRange(0x7c00_0000, 0x7c00_0fff))),
        machine.firmwareMemory());
    assertEquals(List.of(), machine.modeSpec().firmware().refusal());
    Map<Aspect, Source> sources = machine.known().sources();
    assertEquals(Source.read("dmar.dat"), sources.get(Aspect.FIRMWARE_REGIONS));
    assertEquals(Source.given(file.toString()), sources.get(Aspect.UNITS));
    assertEquals(Source.assumed(), sources.get(Aspect.PROCESSORS));
  }

  @Test
  void aRegionOfAllMemoryIsNoMachineToStart() throws IOException {
    Files.write(
        folder.resolve("dmar.dat"),
        dmar(
            TAKING_ALL
                + AT_ZERO
                + "01002000 0000 0000 0000000000000000 ffffffffffffffff 01 08 0000 00 00 1900"));
    Path file =
        Files.writeString(
            folder.resolve("full.yaml"),
            BuiltInMachines.text("vtd").orElseThrow() + "acpi: [dmar.dat]\n");
    MachineFileException e =
        assertThrows(MachineFileException.class, () -> MachineFile.read(file, ModelStage::start));
    assertTrue(e.getMessage().contains("the machine cannot start"), e.getMessage());
  }

  @Test
  void processorsBeyondXapicAreNotStartedWithoutTheIommu() throws IOException {
    Files.write(
        folder.resolve("apic.dat"),
        table("APIC", 44, "00 08 01 02 01000000 09 10 0000 ff010000 01000000 03000000"));
    MachineSpec machine = read(dmar(TAKING_ALL + AT_ZERO), "acpi: [dmar.dat, apic.dat]\n");
    assertEquals(new Processors(List.of(2), Processors.Mode.UNKNOWN), machine.processors());
  }

  @Test
  void tablesWithoutAnIommuAreNoneOfAMachineThatHasOne() {
    String error = errorOf(table("APIC", 44, "00 08 01 02 01000000"));
    assertTrue(error.startsWith("acpi: "), error);
    assertTrue(error.contains("expected mapping mode nommu, not vtd"), error);
  }

  @Test
  void unitThatTheTablesDoNotNameIsRefused() {
    String error = errorOf(dmar(TAKING_ALL.replace("0000d9fe", "0010d9fe")));
    assertTrue(error.startsWith("mapping.units[0].registers: "), error);
    assertTrue(error.contains("the tables name no unit at 0xfed90000 in segment 0000"), error);
  }

  @Test
  void deviceWithoutAUnitIsRefused() {
    String named = "00001800 00 00 0000 0000d9fe00000000 01 08 0000 00 00 1900";
    String error = errorOf(dmar(named));
    assertTrue(error.startsWith("devices[1]: "), error);
    assertTrue(error.contains("no unit serves device nvme"), error);
  }

  @Test
  void deviceOfAnotherUnitIsRefused() {
    String other = "00001800 00 00 0000 0010d9fe00000000 01 08 0000 00 00 1900";
    String error = errorOf(dmar(other + TAKING_ALL));
    assertTrue(error.startsWith("devices[0]: "), error);
    assertTrue(error.contains("the unit at 0xfed91000 serves device nic"), error);
  }

  @Test
  void regionThatTheFileDoesNotHaveIsRefused() {
    String region = "01002000 0000 0000 0000007c00000000 ff0f007c00000000 01 08 0000 00 00 1f02";
    String error = errorOf(dmar(TAKING_ALL + region));
    assertTrue(error.startsWith("devices[2]: "), error);
    assertTrue(error.contains("device sata use 0x7c000000-0x7c000fff"), error);
  }

  /** As where the memory map has no reserved memory for it, or nobody thought of the keyboard. */
  @Test
  void regionInTheCrashRangeOfADeviceThatTheFileDoesNotHaveIsRefused() throws IOException {
    String head = "01002000 0000 0000 ";
    String usb = " 01 08 0000 00 00 1400";
    String error = errorOf(dmar(TAKING_ALL + head + "0000003f00000000 ff0f003f00000000" + usb));
    assertTrue(error.startsWith("acpi: "), error);
    assertTrue(
        error.contains(
            "RMRR at offset 0x40 has 0x3f000000-0x3f000fff of the crash range used by PCI endpoint"
                + " at 00:14.0"),
        error);
    String behindBridge = head.replace("20", "22") + "00f0ff3700000000 ff0f003800000000";
    assertTrue(
        errorOf(dmar(TAKING_ALL + behindBridge + " 01 0a 0000 00 00 1c00 0000"))
            .contains("0x37fff000-0x38000fff"));
    read(dmar(TAKING_ALL + head + "00f0ff3700000000 ffffff3700000000" + usb), "acpi: [dmar.dat]\n");
  }

  @Test
  void diskBehindAControllerWithASegmentOfItsOwnIsServedByTheControllersUnit() throws IOException {
    Files.write(folder.resolve("dmar.dat"), dmar(TAKING_ALL));
    String text =
        BuiltInMachines.text("vtd")
            .orElseThrow()
            .replace("address: 01:00.0", "address: 10000:01:00.0\n    alias: 00:0e.0");
    MachineFile.read(
        Files.writeString(folder.resolve("box.yaml"), text + "acpi: [dmar.dat]\n"),
        ModelStage::start);
    Files.write(
        folder.resolve("dmar.dat"),
        dmar(
            TAKING_ALL
                + "01002000 0000 0000 0000007c00000000 ff0f007c00000000 01 08 0000 00 00 0e00"));
    MachineFileException e =
        assertThrows(
            MachineFileException.class,
            () -> MachineFile.read(folder.resolve("box.yaml"), ModelStage::start));
    assertTrue(e.getMessage().contains("device nvme use 0x7c000000-0x7c000fff"), e.getMessage());
  }

  @Test
  void fileThatIsNoTableIsRefusedWithItsPlace() {
    String error = errorOf(new byte[] {0, 1, 2});
    assertTrue(error.startsWith("acpi[0]: "), error);
    assertTrue(error.contains("dmar.dat: at offset 0x0: truncated"), error);
    MachineFileException e =
        assertThrows(
            MachineFileException.class, () -> read(dmar(TAKING_ALL), "acpi: [none.dat]\n"));
    assertEquals("acpi[0]", e.field());
    assertTrue(e.getMessage().endsWith("the file 'none.dat' cannot be read"), e.getMessage());
  }
}
