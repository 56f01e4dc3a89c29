// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.util.stream.Stream;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelOffer;
import org.crashlane.guest.lab.parts.KernelSpec;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.guest.lab.parts.PartsUnavailableException;
import org.crashlane.rehearsal.DumpOutcome;
import org.crashlane.rehearsal.DumpOutcome.Missing;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.DumpOutcome.WrittenBut;
import org.crashlane.rehearsal.IommuMemory.Part;
import org.crashlane.rehearsal.LinuxSetting;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Observations;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The oldest and the newest kernel that the lab boots; the first run downloads them. */
@Tag("lab")
class KernelSeriesTest {
  private static final KernelSpec OLDEST = new KernelSpec.Series("5.10");

  private static GuestConfig guest(MappingMode mode, KernelSpec spec) {
    return GuestConfig.defaults().withMapping(mode).withKernels(usual -> usual.withLinux(spec));
  }

  private static Rehearsal crashed(MappingMode mode, KernelSpec spec, Strategy strategy)
      throws IOException {
    return StagedCrash.of(guest(mode, spec), Scenario.of(mode, strategy));
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
    Rehearsal rehearsal = crashed(MappingMode.VTD, OLDEST, Strategy.NONE);
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
  void theNewestLosesTheDumpWithoutTheRule() throws IOException {
    assertInstanceOf(
        Missing.class, crashed(MappingMode.AMDVI, newest(), Strategy.NONE).observations().dump());
  }

  @Test
  void theModuleArmsTheNewest() throws IOException {
    StagedCrash.assertHolds(
        StagedCrash.of(
            guest(MappingMode.AMDVI, newest()),
            Scenario.of(MappingMode.AMDVI, Strategy.IDENTITY, HandKind.INSIDE)));
  }

  /** What is changed besides is the device table at most, which it goes on with. */
  @Test
  void theNewestGoesOnWithAnAmdUnitsTables() throws IOException {
    Rehearsal rehearsal = crashed(MappingMode.AMDVI, newest(), Strategy.ADOPT);
    DumpOutcome dump = rehearsal.observations().dump();
    if (dump instanceof WrittenBut but) {
      but.changed().forEach(changed -> assertEquals(Part.DEVICE_TABLE, changed.part()));
    } else {
      assertInstanceOf(Written.class, dump);
    }
    assertTrue(rehearsal.observations().translatingAtEnd());
  }

  /** Every series that Debian has whole, behind both IOMMUs, as each strategy lets one expect. */
  @Tag("long")
  @ParameterizedTest
  @MethodSource
  void everySeriesDoesWhatItsVersionLetsOneExpect(KernelOffer offer, MappingMode mode)
      throws IOException {
    KernelSpec spec = new KernelSpec.Series(offer.series());
    assertInstanceOf(Missing.class, crashed(mode, spec, Strategy.NONE).observations().dump());
    assertTrue(crashed(mode, spec, Strategy.ADOPT).observations().dump().gotThrough());
    boolean offStops = LinuxSetting.effect(Strategy.OFF, mode, offer.release()) == Strategy.OFF;
    assertEquals(offStops, crashed(mode, spec, Strategy.OFF).observations().dump().gotThrough());
    for (HandKind hand : HandKind.values()) {
      Scenario scenario = Scenario.of(mode, Strategy.IDENTITY, hand);
      StagedCrash.assertHolds(StagedCrash.of(guest(mode, spec), scenario));
    }
  }

  static Stream<Arguments> everySeriesDoesWhatItsVersionLetsOneExpect() throws IOException {
    return Parts.inUsersCache(_ -> {}).offers().stream()
        .filter(offer -> offer.flavours().contains(KernelFlavour.FULL))
        .flatMap(offer ->
            Stream.of(MappingMode.VTD, MappingMode.AMDVI).map(mode -> arguments(offer, mode)));
  }
}
