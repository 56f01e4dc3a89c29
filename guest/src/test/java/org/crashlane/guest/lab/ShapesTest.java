// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.guest.lab.Devices.SecondDisk;
import org.crashlane.guest.lab.GuestConfig.Hardware;
import org.crashlane.guest.lab.iommu.IommuSetup;
import org.crashlane.guest.lab.iommu.IommuSetup.Feature;
import org.crashlane.guest.lab.iommu.IommuSetup.LinuxOption;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Prediction;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Subject.AddressSpace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Crashes guests with other disks, in other places, behind IOMMUs that offer more. */
@Tag("lab")
class ShapesTest {
  private static final long GIB = 1L << 30;
  private static final Scenario NONE = Scenario.of(MappingMode.VTD, Strategy.NONE);
  private static final Scenario OUTSIDE =
      Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE);

  @Test
  void disksThatShareABridgeShareItsTableAndTheDumpIsWritten() throws IOException {
    Devices devices =
        new Devices(DiskKind.NVME, Topology.BRIDGE, Set.of(new SecondDisk(DiskKind.VIRTIO)));

    Rehearsal rehearsal = StagedCrash.of(guest(devices, IommuSetup.PLAIN), OUTSIDE);

    StagedCrash.assertHolds(rehearsal);
    List<RequesterId> users =
        rehearsal.tablesBeforeCrash().findings().stream()
            .flatMap(
                f -> f.subject() instanceof AddressSpace space ? Stream.of(space) : Stream.of())
            .findFirst()
            .orElseThrow()
            .users();
    assertEquals("[00:01.0, 01:01.0, 01:02.0]", users.toString());
  }

  @ParameterizedTest
  @EnumSource(DiskKind.class)
  @Tag("long")
  void eachDiskLosesItsDumpUnarmedAndHasItArmed(DiskKind kind) throws IOException {
    GuestConfig config = guest(Devices.of(kind), IommuSetup.PLAIN);
    Rehearsal lost = StagedCrash.of(config, NONE);
    assertInstanceOf(Missing.class, lost.observations().dump());
    assertEquals(Set.of(FindingCode.A1, FindingCode.D1), StagedCrash.broken(lost));
    StagedCrash.assertHolds(StagedCrash.of(config, OUTSIDE));
  }

  @ParameterizedTest
  @CsvSource({"NVME", "MEGASAS"})
  @Tag("long")
  void behindARootPortItIsTheSame(DiskKind kind) throws IOException {
    Devices devices = new Devices(kind, Topology.ROOT_PORT, Set.of());
    StagedCrash.assertHolds(StagedCrash.of(guest(devices, IommuSetup.PLAIN), OUTSIDE));
  }

  @ParameterizedTest
  @EnumSource(
      value = Strategy.class,
      names = {"NONE", "IDENTITY", "ADOPT"})
  @Tag("long")
  void whatPassesNeedsNoArming(Strategy strategy) throws IOException {
    IommuSetup setup = new IommuSetup(Set.of(), Set.of(LinuxOption.PT));
    Rehearsal rehearsal =
        StagedCrash.of(
            guest(Devices.of(DiskKind.NVME), setup),
            strategy == Strategy.IDENTITY ? OUTSIDE : Scenario.of(MappingMode.VTD, strategy));
    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Prediction.DUMP, rehearsal.prediction());
    assertEquals(List.of(), rehearsal.observations().faultsAfterCrash());
  }

  @Test
  @Tag("long")
  void inCachingModeTheGuestsOwnKernelArms() throws IOException {
    IommuSetup setup = new IommuSetup(Set.of(Feature.CACHING_MODE), Set.of());
    StagedCrash.assertHolds(
        StagedCrash.of(
            guest(Devices.of(DiskKind.NVME), setup),
            Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE)));
  }

  @Test
  @Tag("long")
  void inScalableModeWithFourLevelsTheDumpIsWritten() throws IOException {
    IommuSetup setup =
        new IommuSetup(
            Set.of(Feature.SCALABLE_MODE, Feature.ADDRESS_48_BITS), Set.of(LinuxOption.STRICT));
    StagedCrash.assertHolds(StagedCrash.of(guest(Devices.of(DiskKind.NVME), setup), OUTSIDE));
  }

  private static GuestConfig guest(Devices devices, IommuSetup setup) {
    return GuestConfig.defaults().with(new Hardware(GIB, 1, devices, setup));
  }
}
