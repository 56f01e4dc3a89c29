// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelSpec;
import org.crashlane.guest.lab.parts.LabKernel;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.DumpOutcome.WrittenBut;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The oldest and the newest kernel that the lab boots; the first run downloads them. */
@Tag("lab")
class KernelSeriesTest {
  private static final KernelSpec OLDEST = new KernelSpec.Series("5.10");

  private static GuestConfig guest(MappingMode mode, KernelSpec spec) {
    return GuestConfig.defaults()
        .withMapping(mode)
        .withKernels(usual ->
            new KernelChoice(
                new LabKernel(spec, usual.primary().flavour()),
                spec,
                Optional.<KernelFlavour>empty(),
                usual.kaslr(),
                usual.crashkernel()));
  }

  private static KernelSpec newest() throws IOException {
    try {
      return new KernelSpec.Series(Parts.inUsersCache(_ -> {}).offers().getLast().series());
    } catch (PartsUnavailableException e) {
      Assumptions.abort(e.getMessage());
      throw new AssertionError("abort() does not return", e);
    }
  }

  @Test
  void theOldestLosesTheDumpWithoutTheRule() throws IOException {
    Rehearsal rehearsal =
        StagedCrash.of(guest(MappingMode.VTD, OLDEST), Scenario.of(MappingMode.VTD, Strategy.NONE));
    assertInstanceOf(Missing.class, rehearsal.observations().dump());
    Observations.Kernels kernels =
        assertInstanceOf(Observations.Kernels.class, rehearsal.observations().account());
    assertTrue(kernels.release().startsWith("5.10."), kernels.release());
  }

  @Test
  void theModuleArmsTheOldest() throws IOException {
    StagedCrash.assertHolds(
        StagedCrash.of(
            guest(MappingMode.VTD, OLDEST),
            Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE)));
  }

  @Test
  void theModuleArmsTheNewest() throws IOException {
    StagedCrash.assertHolds(
        StagedCrash.of(
            guest(MappingMode.VTD, newest()),
            Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.INSIDE)));
  }

  /** What is changed besides is the device table at most, which it goes on with. */
  @Test
  void theNewestGoesOnWithAnAmdUnitsTables() throws IOException {
    Rehearsal rehearsal =
        StagedCrash.of(
            guest(MappingMode.AMDVI, newest()), Scenario.of(MappingMode.AMDVI, Strategy.ADOPT));
    DumpOutcome dump = rehearsal.observations().dump();
    if (dump instanceof WrittenBut but) {
      but.changed().forEach(changed -> assertEquals(Part.DEVICE_TABLE, changed.part()));
    } else {
      assertInstanceOf(Written.class, dump);
    }
    assertTrue(rehearsal.observations().translatingAtEnd());
  }
}
