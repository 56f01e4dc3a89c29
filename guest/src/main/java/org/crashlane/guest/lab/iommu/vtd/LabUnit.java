// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu.vtd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.crashlane.acpi.Dmar;
import org.crashlane.acpi.DmarOverride;
import org.crashlane.guest.lab.iommu.FirmwareTable;
import org.crashlane.guest.lab.iommu.HidingTable;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;

/** QEMU's {@code intel-iommu} (hw/i386/intel_iommu.c, QEMU 7.2). */
public final class LabUnit implements LabIommu {
  private static final String WRITE = "vtd_reg_write ";
  private static final String READ = "vtd_reg_read ";
  private static final String FAULT = "vtd_dmar_fault ";

  private static final List<Register> WATCHED =
      List.of(Registers.GSTS, Registers.RTADDR, Registers.FSTS, Registers.IRTA);

  /** What Linux 6.1 says of a unit it has found (drivers/iommu/intel/dmar.c and iommu.c). */
  private static final List<String> DETECTION =
      List.of("DMAR: DRHD base:", "DMAR: Translation already enabled", "Using Queued invalidation");

  /** Behind the header of a DMAR table: the address width less one, flags, reserved bytes. */
  private static final byte[] BODY = {38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

  @Override
  public String qemuDevice() {
    return "intel-iommu";
  }

  @Override
  public String driverSymbol() {
    return "INTEL_IOMMU";
  }

  /** Without caching mode entries that are not present are not cached: mapping invalidates none. */
  @Override
  public List<String> qemuOptions(IommuSetup setup) {
    List<String> options = new ArrayList<>();
    options.add("caching-mode=" + (setup.has(Feature.CACHING_MODE) ? "on" : "off"));
    if (setup.has(Feature.ADDRESS_39_BITS)) {
      options.add("aw-bits=39");
    } else if (setup.has(Feature.ADDRESS_48_BITS)) {
      options.add("aw-bits=48");
    }
    if (setup.has(Feature.SCALABLE_MODE)) {
      options.add("x-scalable-mode=on");
    }
    return options;
  }

  /** Whether the driver takes scalable mode where it is offered is the kernel's configuration. */
  @Override
  public List<String> linuxArguments(IommuSetup setup) {
    List<String> arguments = new ArrayList<>();
    if (setup.has(Feature.SCALABLE_MODE)) {
      arguments.add("intel_iommu=sm_on");
    }
    arguments.addAll(LabIommu.super.linuxArguments(setup));
    return arguments;
  }

  @Override
  public List<String> traced() {
    return List.of(
        "vtd_dmar_fault",
        "vtd_dmar_enable",
        "vtd_reg_dmar_root",
        "vtd_reg_write_gcmd",
        "vtd_fault_disabled");
  }

  @Override
  public List<String> tracedFromCrash() {
    return List.of("vtd_reg_write", "vtd_reg_read");
  }

  @Override
  public List<String> primaryArguments() {
    return List.of("intel_iommu=on");
  }

  @Override
  public List<String> captureArguments(Strategy strategy) {
    return switch (strategy) {
      case NONE, IDENTITY -> List.of();
      case ADOPT -> List.of("intel_iommu=on");
      case OFF -> List.of("intel_iommu=off");
      case RESERVE, ABORT, RESET -> throw LabIommu.notInTheLab(strategy);
    };
  }

  @Override
  public boolean knowsBusesBehindPorts() {
    return true;
  }

  /** See vtd_interrupt_remap_msi() in hw/i386/intel_iommu.c. */
  @Override
  public boolean letsCompatibilityPass() {
    return true;
  }

  @Override
  public boolean isDrivenBy(KernelFlavour flavour) {
    return true;
  }

  @Override
  public KernelFlavour captureFlavour(Strategy strategy, KernelFlavour primary) {
    return primary;
  }

  @Override
  public HidingTable hidingTable() {
    return new HidingTable(
        DmarOverride.ARCHIVE_PATH, DmarOverride.hiding(FirmwareTable.ofQemu("DMAR", BODY)));
  }

  @Override
  public List<RequesterId> ioApics(byte[] firmwareTable) {
    return Dmar.read("the firmware's DMAR table", firmwareTable).ioApics();
  }

  @Override
  public RegisterSnapshot snapshot(RegisterFile registers) {
    SequencedMap<String, Long> values = new LinkedHashMap<>();
    for (Register register : WATCHED) {
      values.put(register.name(), registers.read(register));
    }
    return new RegisterSnapshot(
        Registers.Gsts.TES.isSet(values.get(Registers.GSTS.name())),
        values.get(Registers.RTADDR.name()),
        values,
        FaultRecords.read(registers));
  }

  @Override
  public boolean isDetection(String message) {
    return DETECTION.stream().anyMatch(message::contains);
  }

  @Override
  public Sightings sightings(List<String> trace, RegisterSnapshot atReady, RegisterSnapshot atEnd) {
    List<Evidence> blocked = of(FAULT, trace).stream().map(FaultRecords::traced).toList();
    return new Sightings(
        RegisterAccesses.reads(of(READ, trace)),
        RegisterAccesses.writes(of(WRITE, trace)),
        blocked.isEmpty() ? atEnd.faults() : blocked,
        List.of());
  }

  private static List<String> of(String event, List<String> trace) {
    return trace.stream().filter(line -> line.startsWith(event)).toList();
  }
}
