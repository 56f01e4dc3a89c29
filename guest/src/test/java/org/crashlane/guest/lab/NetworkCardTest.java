// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.rehearsal.DumpOutcome.Written;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Scenario.HandKind;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Severity;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Crashes a kernel whose network card goes on receiving: in-flight DMA that does not stop. */
@Tag("lab")
class NetworkCardTest {
  private static final Scenario OFF = Scenario.of(MappingMode.VTD, Strategy.OFF);
  private static final Scenario OUTSIDE =
      Scenario.of(MappingMode.VTD, Strategy.IDENTITY, HandKind.OUTSIDE);

  /** The dump itself may hold the frames, or may not: that depends on whose pages they met. */
  @Test
  void withoutTranslationFramesOfAnAssignedCardOverwriteTheDeadKernel() throws IOException {
    Rehearsal rehearsal = rehearse(NetworkCard.ASSIGNED, OFF);
    Frames frames = frames(rehearsal);
    assertEquals(0, frames.mappedBytes());
    assertTrue(frames.astrayBytes() > 0, frames.toString());
    assertTrue(frames.astray().getFirst().sample().contains("637273686c616e65"));
    assertTrue(
        broken(rehearsal).containsAll(EnumSet.of(FindingCode.D2, FindingCode.L2)),
        broken(rehearsal).toString());
  }

  @Test
  void underIdentityTheyGoWhereTheyAreMapped() throws IOException {
    Rehearsal rehearsal = rehearse(NetworkCard.ASSIGNED, OUTSIDE);
    Frames frames = frames(rehearsal);
    assertEquals(List.of(), frames.astray());
    assertTrue(frames.mappedBytes() > 0, frames.toString());
    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Set.of(FindingCode.G1), broken(rehearsal));
  }

  @Test
  @Tag("long")
  void framesOfACardThatTheDeadKernelDroveGoToItsBuffers() throws IOException {
    Rehearsal rehearsal = rehearse(NetworkCard.E1000E, OUTSIDE);
    Frames frames = frames(rehearsal);
    assertEquals(List.of(), frames.astray());
    assertTrue(frames.mappedBytes() > 0, frames.toString());
    assertInstanceOf(Written.class, rehearsal.observations().dump());
    assertEquals(Set.of(), broken(rehearsal));
  }

  private static Rehearsal rehearse(NetworkCard card, Scenario scenario) throws IOException {
    GuestConfig config = GuestConfig.defaults().with(TestHardware.with(card));
    LabParts parts =
        TestParts.orSkip(
            config.kernels(List.of(scenario.strategy())), config.hardware().devices().drivers());
    return new QemuStage(parts, config, Optional.empty()).rehearse(scenario, _ -> {});
  }

  private static Frames frames(Rehearsal rehearsal) {
    assertEquals(1, rehearsal.observations().frames().size());
    return rehearsal.observations().frames().getFirst();
  }

  private static Set<FindingCode> broken(Rehearsal rehearsal) {
    return rehearsal.verdict().findings().stream()
        .filter(finding -> finding.severity() == Severity.BROKEN)
        .map(Finding::code)
        .collect(Collectors.toSet());
  }
}
