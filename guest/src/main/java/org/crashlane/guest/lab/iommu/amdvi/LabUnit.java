// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.amdvi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.acpi.Ivrs;
import org.crashlane.acpi.IvrsOverride;
import org.crashlane.guest.lab.iommu.FirmwareTable;
import org.crashlane.guest.lab.iommu.HidingTable;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.live.GuestIommu;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.amdvi.Command;
import org.crashlane.iommu.amdvi.DeviceTableBase;
import org.crashlane.iommu.amdvi.EventRecord;
import org.crashlane.iommu.amdvi.Registers;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.Strategy;

/** QEMU's {@code amd-iommu} (hw/i386/amd_iommu.c, QEMU 7.2 to 10.0). */
public final class LabUnit implements LabIommu {
  /** The registers that change when the IOMMU is set up, and not as it works. */
  static final List<Register> SET_UP =
      List.of(
          Registers.DEV_TAB_BASE,
          Registers.CMD_BUF_BASE,
          Registers.EVT_LOG_BASE,
          Registers.CONTROL,
          Registers.EXCLUSION_BASE,
          Registers.EXCLUSION_LIMIT);

  /** Those that change as it works. QEMU 7.2 returns what is in them and does nothing else. */
  private static final List<Register> MOVING =
      List.of(
          Registers.CMD_HEAD,
          Registers.CMD_TAIL,
          Registers.EVT_HEAD,
          Registers.EVT_TAIL,
          Registers.STATUS);

  /** What Linux 6.1 says of a unit it has found (drivers/iommu/amd/init.c). */
  private static final String DETECTION = "AMD-Vi: Found IOMMU";

  /** Behind the header of an IVRS table: IVinfo and reserved bytes. */
  private static final byte[] BODY = new byte[12];

  private static final String PASS_THROUGH = "pt";

  @Override
  public String qemuDevice() {
    return "amd-iommu";
  }

  @Override
  public String driverSymbol() {
    return "AMD_IOMMU";
  }

  /** QEMU 7.2's has addresses of 64 bits, and properties for interrupts alone. */
  @Override
  public List<String> qemuOptions(IommuSetup setup) {
    for (Feature feature : setup.features()) {
      if (feature != Feature.INTERRUPT_REMAPPING) {
        throw new IllegalArgumentException(
            "%s: is for VT-d alone, QEMU's amd-iommu has nothing of the kind"
                .formatted(feature.option()));
      }
    }
    return List.of();
  }

  /**
   * Without {@code pt=off} QEMU 10.0 translates nothing at all: the region of untranslated memory
   * is switched on when a device is made, and never off (amdvi_host_dma_iommu() in
   * hw/i386/amd_iommu.c). 7.2 has the option, and no use for it; 11.1 has it no more.
   */
  @Override
  public List<String> optionsOfVersion(Set<String> known) {
    return known.contains(PASS_THROUGH) ? List.of(PASS_THROUGH + "=off") : List.of();
  }

  @Override
  public List<String> traced() {
    return List.of(
        "amdvi_control_status",
        "amdvi_invalid_dte",
        "amdvi_dte_get_fail",
        "amdvi_get_pte_hwerror",
        "amdvi_mode_invalid");
  }

  @Override
  public List<String> tracedFromCrash() {
    return List.of(
        "amdvi_mmio_read",
        "amdvi_command_exec",
        "amdvi_translation_result",
        "amdvi_ir_remap_msi_req",
        "amdvi_ir_target_abort",
        "amdvi_ir_err",
        "amdvi_err");
  }

  /** Without a word the driver translates. */
  @Override
  public List<String> primaryArguments() {
    return List.of();
  }

  @Override
  public List<String> captureArguments(Strategy strategy) {
    return switch (strategy) {
      case NONE, IDENTITY, ADOPT -> List.of();
      case OFF -> List.of("amd_iommu=off");
      case RESERVE, ABORT, RESET -> throw LabIommu.notInTheLab(strategy);
    };
  }

  /** It goes by the number that the bus had before firmware ran, 0 (amdvi_host_dma_iommu()). */
  @Override
  public boolean knowsBusesBehindPorts() {
    return false;
  }

  @Override
  public boolean letsCompatibilityPass() {
    return false;
  }

  @Override
  public boolean isDrivenBy(KernelFlavour flavour) {
    return flavour == KernelFlavour.FULL;
  }

  /** A kernel that has no driver cannot but leave the IOMMU alone: nothing must be hidden. */
  @Override
  public KernelFlavour captureFlavour(Strategy strategy, KernelFlavour primary) {
    return strategy.blind() ? KernelFlavour.CLOUD : KernelFlavour.FULL;
  }

  @Override
  public HidingTable hidingTable() {
    return new HidingTable(
        IvrsOverride.ARCHIVE_PATH, IvrsOverride.hiding(FirmwareTable.ofQemu("IVRS", BODY)));
  }

  /** QEMU's table tells of the IOAPIC only where interrupts may be remapped. */
  @Override
  public List<RequesterId> ioApics(byte[] firmwareTable) {
    List<RequesterId> told = Ivrs.read("the firmware's IVRS table", firmwareTable).ioApics();
    return told.isEmpty() ? List.of(GuestIommu.AMD_IO_APIC) : told;
  }

  @Override
  public RegisterSnapshot snapshot(RegisterFile registers) {
    SequencedMap<String, Long> values = new LinkedHashMap<>();
    for (Register register : Stream.concat(SET_UP.stream(), MOVING.stream()).toList()) {
      values.put(register.name(), registers.read(register));
    }
    return new RegisterSnapshot(
        Registers.Control.IOMMU_EN.isSet(values.get(Registers.CONTROL.name())),
        Registers.DevTabBase.BASE.inPlace(values.get(Registers.DEV_TAB_BASE.name())),
        values,
        List.of());
  }

  /** Linux 6.18 and later, and 6.17.13, go on with all of it (38e5f33ee359). */
  @Override
  public List<IommuMemory> ownMemory(RegisterSnapshot atReady) {
    long table = atReady.registers().get(Registers.DEV_TAB_BASE.name());
    return List.of(
        new IommuMemory(
            Part.DEVICE_TABLE,
            AddressRange.ofSize(atReady.rootAddress(), DeviceTableBase.sizeBytes(table))),
        ring(Part.COMMAND_BUFFER, atReady, Registers.CMD_BUF_BASE, Command.BYTES),
        ring(Part.EVENT_LOG, atReady, Registers.EVT_LOG_BASE, EventRecord.BYTES));
  }

  private static IommuMemory ring(
      Part part, RegisterSnapshot atReady, Register base, int entryBytes) {
    long value = atReady.registers().get(base.name());
    return new IommuMemory(
        part,
        AddressRange.ofSize(
            Registers.Ring.BASE.inPlace(value),
            (long) entryBytes << Registers.Ring.LENGTH.get(value)));
  }

  @Override
  public boolean isDetection(String message) {
    return message.contains(DETECTION);
  }

  /** early_enable_iommus() of drivers/iommu/amd/init.c, Linux 4.14 to 7.3. */
  @Override
  public Optional<Adoption> adoption(String message) {
    if (message.contains("Reused DEV table from previous kernel")) {
      return Optional.of(Adoption.REUSE);
    }
    return message.contains("Copied DEV table from previous kernel")
        ? Optional.of(Adoption.COPY)
        : Optional.empty();
  }

  @Override
  public Sightings sightings(List<String> trace, RegisterSnapshot atReady, RegisterSnapshot atEnd) {
    return new Sightings(
        RegisterAccesses.all(trace),
        RegisterAccesses.writes(trace, atReady, atEnd),
        BlockedRequests.requests(trace),
        BlockedRequests.interrupts(trace));
  }
}
