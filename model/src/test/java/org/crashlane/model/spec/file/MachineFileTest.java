// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.iommu.calgary.Chip;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.machine.Source;
import org.crashlane.machine.Source.Aspect;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.DeviceKind;
import org.crashlane.model.spec.DeviceSpec;
import org.crashlane.model.spec.Era;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.ModeSpec.Amdvi;
import org.crashlane.model.spec.ModeSpec.AmdviUnit;
import org.crashlane.model.spec.ModeSpec.Calgary;
import org.crashlane.model.spec.ModeSpec.Encryption;
import org.crashlane.model.spec.ModeSpec.Gart;
import org.crashlane.model.spec.ModeSpec.ReservedMemory;
import org.crashlane.model.spec.ModeSpec.Swiotlb;
import org.crashlane.model.spec.ModeSpec.Vtd;
import org.crashlane.model.stage.ModelStage;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.MappingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineFileTest {
  private static final String VTD = BuiltInMachines.text("vtd").orElseThrow();
  private static final String MIXED = BuiltInMachines.text("mixed").orElseThrow();

  @TempDir private Path folder;

  @Test
  void smallestMachineHasDefaults() {
    MachineSpec machine =
        MachineFile.read(
            "x",
            """
            name: small
            summary: as little as there can be
            ram: [0x0-0x3fffff]
            crash: [0x200000-0x2fffff]
            mapping: {mode: swiotlb, pool: 256K}
            devices: [{name: d, address: 0:1.0, kind: storage, dump-path: true}]
            """);
    assertEquals(Era.LINUX_6, machine.era());
    assertEquals(new Swiotlb(256 << 10, false), machine.modeSpec());
    assertEquals(List.of(new AddressRange(0x20_0000, 0x2f_ffff)), machine.crashRanges());
    assertEquals(
        new DeviceSpec(
            "d",
            RequesterId.of(0, 1, 0),
            Optional.empty(),
            DeviceKind.STORAGE,
            64,
            "",
            DeviceSpec.Trait.ON_DUMP_PATH),
        machine.devices().getFirst());
  }

  @Test
  void piecesOfMemoryThatTouchAreOneAndACrashRangeGoesAcross() {
    MachineSpec machine =
        MachineFile.read(
            "x",
            """
            name: pieces
            summary: one range of memory in three pieces, and one apart
            ram: [0x200000-0x3fffff, 0x0-0x1fffff, 0x400000-0x7fffff, 0x801000-0x8fffff]
            crash: [0x100000-0x4fffff]
            mapping: {mode: nommu}
            devices: [{name: d, address: 0:1.0, kind: storage, dump-path: true}]
            """);
    assertEquals(
        List.of(new AddressRange(0, 0x7f_ffff), new AddressRange(0x80_1000, 0x8f_ffff)),
        machine.ram());
    assertEquals(List.of(new AddressRange(0x10_0000, 0x4f_ffff)), machine.crashRanges());
  }

  @Test
  void sixteenGibibytesMayBeKeptForTheCrashAndNoMore() {
    String text =
        """
        name: large
        summary: as much as there can be
        ram: [{at: 0x0, size: 2G}, {at: 0x100000000, size: 64G}]
        crash: [{at: 0x100000000, size: 15G}, {at: 0x800000000, size: 1G}]
        mapping: {mode: nommu}
        devices: [{name: d, address: 0:1.0, kind: storage, dump-path: true}]
        """;
    assertEquals(2, MachineFile.read("x", text).crashRanges().size());
    MachineFileException e =
        assertThrows(
            MachineFileException.class,
            () -> MachineFile.read("x", text.replace("1G}]", "1048580K}]")));
    assertEquals("crash[1]", e.field());
    assertTrue(e.getMessage().contains("more than 16G in all"), e.getMessage());
  }

  @Test
  void mixedMachineIsReadInEveryDetail() {
    MachineSpec machine = BuiltInMachines.find("mixed").orElseThrow();
    Vtd vtd = (Vtd) machine.modeSpec();
    assertEquals(46, vtd.hostAddressWidth());
    assertEquals(32, vtd.iovaLimitBits());
    assertEquals(List.of("dmar0", "dmar1"), vtd.unitNames());
    assertEquals(0xfed9_1000L, vtd.units().getLast().registerBase());
    assertEquals(39, vtd.units().getFirst().addressWidth());
    assertEquals(
        new ReservedMemory("usb", new AddressRange(0x3fe0_0000, 0x3fe1_ffff)),
        vtd.reserved().getFirst());
    assertTrue(machine.device("vf").assignedToGuest());
    assertTrue(machine.device("graphics").passThrough());
    for (DeviceSpec device : machine.devices()) {
      assertEquals(device.dmaMaskBits(), device.coherentMaskBits(), device.name());
    }
    assertEquals(32, BuiltInMachines.of(MappingMode.VTD).device("sata").coherentMaskBits());
    assertEquals(RequesterId.of(5, 0, 0), machine.device("scsi").requester());
    assertEquals(machine.device("scsi").requester(), machine.device("capture-card").requester());
  }

  @Test
  void amdviIsReadInEveryDetail() {
    Amdvi amdvi = (Amdvi) BuiltInMachines.of(MappingMode.AMDVI).modeSpec();
    assertEquals(
        new Amdvi(
            48,
            List.of(new AmdviUnit("ivhd0", 0xfeb8_0000L, 39, false)),
            List.of(new ReservedMemory("usb", new AddressRange(0x37f0_0000, 0x37f1_ffff))),
            32,
            OptionalLong.empty(),
            Adoption.COPY,
            false,
            Encryption.NONE),
        amdvi);
    String text = BuiltInMachines.text("snp-reuse").orElseThrow();
    String other = text.replace("snp: true", "device-table: 64K").replace("iova-limit: 32", "");
    Amdvi sized = (Amdvi) MachineFile.read("x", other).modeSpec();
    assertEquals(OptionalLong.of(1 << 16), sized.deviceTableBytes());
    assertEquals(Adoption.REUSE, sized.adoption());
    assertFalse(sized.snp());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "era: today|era: 2.6.27|mapping.mode: amdvi is modelled as Linux of today has it: expected"
            + " era today",
        "snp: true|device-table: 6K|mapping.device-table: a device table is 4K, 8K and so on up to"
            + " 2M large",
        "snp: true|device-table: 4M|mapping.device-table: a device table is 4K, 8K and so on up to"
            + " 2M large",
        "iova-limit: 32|iova-limit: 40|mapping.iova-limit: expected a number from 16 to 39,"
            + " not '40'",
        "adoption: reuse|adoption: reus|mapping.adoption: 'reus' is unknown: there are copy, reuse;"
            + " did you mean 'reuse'?",
        "0xfeb80000|0xfeb81000|mapping.units[0].registers: registers are at a multiple of their"
            + " size, 16K"
      })
  void mistakesInAmdviAreToldWithPlaceAndField(String line, String wrong, String told) {
    String text = BuiltInMachines.text("snp-reuse").orElseThrow();
    assertTrue(text.contains(line));
    MachineFileException e =
        assertThrows(
            MachineFileException.class, () -> MachineFile.read("x", text.replace(line, wrong)));
    assertTrue(e.getMessage().contains(told), e::getMessage);
  }

  @Test
  void calgaryAndGartAreReadInEveryDetail() {
    Calgary calgary = (Calgary) BuiltInMachines.of(MappingMode.CALGARY).modeSpec();
    assertEquals(Chip.CALGARY, calgary.chip());
    assertEquals(Optional.of(TableSize.MIB_8), calgary.tableSize());
    assertEquals(0xfe00_0000L, calgary.registerBase());
    assertEquals(
        List.of(new AddressRange(0xe800_0000L, 0xe80f_ffffL)),
        calgary.phbs().getLast().bridgeWindows());
    Gart gart = (Gart) BuiltInMachines.of(MappingMode.GART).modeSpec();
    assertEquals(new Gart(0xe000_0000L, 1, 2, true, true), gart);
    assertEquals(List.of("nb0", "nb1"), gart.unitNames());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        // form
        "era: today|era: tody|era: 'tody' is unknown: there are 2.6.27, today; did you mean"
            + " 'today'?",
        "iova-limit: 32|iova-limit: 12|mapping.iova-limit: expected a number from 16 to 57,"
            + " not '12'",
        "    dma-mask: 30|    dma-mak: 30|devices[3]: no field is called 'dma-mak' here: there are"
            + " name, address, alias, kind, dma-mask, coherent-dma-mask, unit, dump-path,"
            + " driver-resets, stops-on-fault, assigned-to-guest, pass-through; did you mean"
            + " 'dma-mask'?",
        "mode: vtd|mode: [vtd]|mapping.mode: expected one of nommu, swiotlb, gart, calgary,"
            + " vtd, amdvi, not a list",
        "superpages: true|superpages: yes|mapping.units[0].superpages: expected true or false,"
            + " not 'yes'",
        "registers: 0xfed90000|registers: 4275634176|mapping.units[0].registers: expected an"
            + " address in hexadecimal, such as 0x10000000, not '4275634176'",
        "size: 128M|size: 128MB|crash[0].size: expected a size such as 128M (K, M, G, T are"
            + " powers of 1024), not '128MB'",
        "address: 01:00.0|address: 01:00|devices[1].address: not a device: '01:00' (expected"
            + " [ssss:]bb:dd.f)",
        "name: vtd|nam: vtd|no field is called 'nam' here: there are $schema, name, summary,"
            + " era, ram, crash, mapping, devices, processors, acpi; did you mean 'name'?",
        "0x0-0x3fffffff|0x3fffffff-0x0|ram[0]: ends before it begins (the last address"
            + " belongs to it)",
        // sense
        "at: 0x38000000|at: 0x3fffff00|crash[0]: 0x3fffff00-0x47fffeff is not made of whole"
            + " pages of 4 KiB",
        "at: 0x38000000|at: 0x3c000000|crash[0]: 0x3c000000-0x43ffffff is not in memory, which"
            + " is at 0x0-0x3fffffff, 0x100000000-0x10fffffff",
        "at: 0x100000000|at: 0x3ffff000|ram[1]: 0x3ffff000-0x4fffefff overlaps" + " 0x0-0x3fffffff",
        "at: 0x100000000|at: 0xf0000000|ram[1]: there is no memory at 0xfee00000-0xfeefffff:"
            + " interrupts",
        "name: wlan|name: nic|devices[3].name: nic is already taken by devices[0].name",
        "address: 02:00.0|address: 01:00.0|devices[3].address: 01:00.0 is already taken by"
            + " devices[1].address",
        "unit: dmar0|unit: dmr0|devices[0].unit: no unit is called 'dmr0': there is dmar0;"
            + " did you mean 'dmar0'?",
        "dump-path: true|dump-path: false|devices: no device has 'dump-path: true': what would"
            + " the dump go through?",
        "0xfed90000|0xfed90010|mapping.units[0].registers: registers are at a multiple of"
            + " their size, 4K",
        "0xfed90000|0x10000000|mapping.units[0].registers: 0x10000000-0x10000fff overlaps"
            + " 0x0-0x3fffffff",
        "host-address-width: 39|host-address-width: 32|mapping.host-address-width: memory ends"
            + " beyond an address width of 32 bits",
        "address-width: 48|address-width: 40|mapping.units[0].address-width: 40 bits:"
            + " expected 39 or 48 or 57, whole levels of table",
      })
  void mistakesAreToldWithPlaceAndField(String was, String is, String message) {
    assertTrue(VTD.contains(was), was);
    MachineFileException e = refused(replaceFirst(VTD, was, is));
    String field = e.field().isEmpty() ? "" : e.field() + ": ";
    assertTrue((field + e.reason()).startsWith(message), e.getMessage());
    // What is wrong with the whole list stands at its beginning.
    int changed = field.equals("devices: ") ? VTD.indexOf("- name: nic") : VTD.indexOf(was);
    long line = 1 + VTD.substring(0, changed).chars().filter(c -> c == '\n').count();
    assertEquals(line, e.line(), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "device: usb|device: usv|no device is called 'usv'",
        "pass-through: true|pass-through: true\\n"
            + "    assigned-to-guest: true|a device that a guest owns",
        "alias: 05:00.0|alias: 05:04.0|own address",
        "registers: 0xfed91000|registers: 0xfed90000|already taken",
        "name: dmar1|name: dmar0|already taken",
        "alias: 05:00.0|alias: 05:00.0\\n    pass-through: true|the two must have the same unit",
        "range: 0x3fe00000-0x3fe1ffff|range: 0x3fe00000-0x4fe1ffff|is partly in memory",
      })
  void mistakesOfAMixedMachineAreTold(String was, String is, String reason) {
    assertTrue(MIXED.contains(was), was);
    MachineFileException e = refused(replaceFirst(MIXED, was, is.replace("\\n", "\n")));
    assertTrue(e.reason().contains(reason), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nommu|mode: nommu|mode: nommu\\n"
            + "  pool: 64M|no field is called 'pool' here: there is mode",
        "nommu|kind: receiver|kind: receiver\\n    unit: x|has no units",
        "nommu|kind: receiver|kind: receiver\\n    pass-through: true|needs mode vtd",
        "swiotlb|pool: 64M|pool: 100K|not a multiple of 256K",
        "swiotlb|pool: 64M|pool: 2G|no memory below 4 GiB has room",
        "swiotlb|pool: 64M|pool: 99999999T|beyond 64 bits of address",
        "nommu|at: 0x10000000, size|at: 0xffffffffffff0000, size|runs off the end",
        "gart|size: 64M}|size: 48M}|an aperture is 32M",
        "gart|at: 0xe0000000|at: 0xe2000000|is not a multiple of its size below 4 GiB",
        "gart|northbridges: 2|northbridges: 1|no unit is called 'nb1'",
        "calgary|registers: 0xfe000000|registers: 0xfe001000|multiple of their size, 1024K",
        "calgary|window: 0xd0000000-0xdfffffff|window: 0x30000000-0x3fffffff|overlaps",
        "calgary|window: 0xd0000000-0xdfffffff|window: 0xf0000000-0xfe0fffff|overlaps",
        "calgary|window: 0xe0000000-0xefffffff|window: 0xdff00000-0xefffffff|overlaps",
        "calgary|name: phb1|name: phb0|already taken",
        "calgary|unit: phb1|kind: receiver|is already there in line",
        "calgary|    unit: phb1||behind which of phb0, phb1",
        "calgary|table-size: 8M|table-size: 16M|there are 64k, 128k, 256k, 512k, 1M, 2M, 4M, 8M",
      })
  void mistakesOfTheOtherModesAreTold(String machine, String was, String is, String reason) {
    String text = BuiltInMachines.text(machine).orElseThrow();
    assertTrue(text.contains(was), was);
    String changed =
        replaceFirst(text, was, Optional.ofNullable(is).orElse("").replace("\\n", "\n"));
    MachineFileException e = refused(changed);
    assertTrue(e.reason().contains(reason), e.getMessage());
  }

  @Test
  void twoCrashRangesMayNotShareAPage() {
    String two = replaceFirst(VTD, "size: 128M}", "size: 128M}\n  - 0x3ffff000-0x3fffffff");
    assertRefused(two, "15:5: crash[1]: 0x3ffff000-0x3fffffff overlaps 0x38000000-0x3fffffff");
  }

  @Test
  void theKernelThatCrashesNeedsMemoryOfItsOwn() {
    String all = replaceFirst(VTD, "  - {at: 0x100000000, size: 256M}\n", "");
    String two = replaceFirst(all, "  - {at: 0x38000000, size: 128M}", "  - 0x0-0x3fffffff");
    assertTrue(refused(two).reason().startsWith("no memory is left for the kernel that crashes"));
  }

  @Test
  void whatIsNoYamlIsToldByPlace() {
    assertTrue(refused("name: [a").getMessage().startsWith("x:1:"), refused("name: [a").reason());
    assertRefused("", "1:1: empty: expected a machine");
    assertRefused("- a\n", "1:1: expected an object with the fields");
    assertTrue(refused(VTD + "---\n" + VTD).reason().contains("a second document"));
    assertTrue(refused("a: &x 1\nb: *x\n").reason().contains("anchors and aliases"));
    assertTrue(refused("a: !!str 1\n").reason().contains("tags"));
    assertTrue(refused("a: 1\na: 2\n").reason().contains("'a' is already there in line 1"));
    assertTrue(refused("? [a]\n: 1\n").reason().contains("name of a field"));
  }

  @Test
  void whatTheFileDoesNotSayIsAssumedAndSaidToBe() {
    Map<Aspect, Source> plain = MachineFile.read("x", VTD).known().sources();
    assertEquals(Source.assumed(), plain.get(Aspect.PROCESSORS));
    assertEquals(Source.assumed(), plain.get(Aspect.ENCRYPTION));
    assertEquals(Source.given("x"), plain.get(Aspect.MEMORY));
    assertEquals(Source.given("x"), plain.get(Aspect.UNITS));
    String more = VTD + "processors: {apic-ids: [0, 1], mode: x2apic}\n";
    Map<Aspect, Source> known = MachineFile.read("x", more).known().sources();
    assertEquals(Source.given("x"), known.get(Aspect.PROCESSORS));
  }

  @Test
  void filesAreReadAndNamedInMessages() throws IOException {
    Path file = Files.writeString(folder.resolve("box.yaml"), VTD);
    MachineSpec read = MachineFile.read(file, ModelStage::start);
    MachineSpec builtIn = BuiltInMachines.of(MappingMode.VTD);
    assertEquals(builtIn.modeSpec(), read.modeSpec());
    assertEquals(builtIn.devices(), read.devices());
    assertEquals(builtIn.crashRanges(), read.crashRanges());
    assertEquals(builtIn.ram(), read.ram());
    assertEquals(Source.given(file.toString()), read.known().sources().get(Aspect.DMA_MASKS));
    Files.writeString(file, "name: Box\n");
    MachineFileException e =
        assertThrows(MachineFileException.class, () -> MachineFile.read(file, ModelStage::start));
    assertTrue(e.getMessage().startsWith(file + ":1:7: name: "), e.getMessage());
    assertThrows(
        NoSuchFileException.class,
        () -> MachineFile.read(folder.resolve("none.yaml"), ModelStage::start));
  }

  @Test
  void endlessAndBinaryFilesAreRefused() throws IOException {
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 0, 1});
    assertTrue(
        assertThrows(MachineFileException.class, () -> MachineFile.read(binary, ModelStage::start))
            .reason()
            .contains("UTF-8"));
    Path zero = Path.of("/dev/zero");
    if (Files.exists(zero)) {
      assertTrue(
          assertThrows(MachineFileException.class, () -> MachineFile.read(zero, ModelStage::start))
              .reason()
              .contains("larger than 1024 KiB"));
    }
  }

  private static String replaceFirst(String text, String was, String is) {
    int at = text.indexOf(was);
    return text.substring(0, at) + is + text.substring(at + was.length());
  }

  private static MachineFileException refused(String text) {
    return assertThrows(MachineFileException.class, () -> MachineFile.read("x", text));
  }

  private static void assertRefused(String text, String message) {
    String got = refused(text).getMessage();
    assertTrue(got.startsWith("x:" + message), got + "\nand wanted\nx:" + message);
  }
}
