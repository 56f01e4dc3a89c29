// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.arming.Refused;
import org.crashlane.guest.live.FakeGuest.Says;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Obstacle.InUseByProcessor;
import org.crashlane.rule.Sighting.FaultsRecorded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a guest may say of itself while its process has its memory mapped as it should. */
class FakeGuestTest {
  private static final String ELSEWHERE = "RIP=0000000002200000 CR3=0000000002300000";

  @TempDir Path directory;

  private ArmResult armed(Says says) throws IOException {
    try (FakeGuest _ = FakeGuest.start(socket(), directory.resolve("ram"), says);
        OutsideHand hand =
            OutsideHand.attach(socket(), directory.resolve("journals"), GuestLife.DOOMED)) {
      return hand.arm(List.of(FakeGuest.CRASH), Set.of(), Optional.empty(), List.of());
    }
  }

  private Path socket() {
    return directory.resolve("s");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RIP=0000000001200000 RFL=00000046",
        "EIP=01200000 EFL=00000046",
        "CR2=0000000000000000 CR3=0000000001200000 CR4=00000000",
        "GDT=     0000000001200000 0000007f",
        "IDT=     0000000001200000 00000fff"
      })
  void aRangeThatALivingProcessorWorksInIsNoCrashRange(String state) throws IOException {
    ArmResult result = armed(new Says(ELSEWHERE + "\\n" + state, 0));
    List<Refusal> reasons = assertInstanceOf(Refused.class, result).reasons();
    assertEquals(List.of(Kind.CRASH_RANGE), reasons.stream().map(Refusal::kind).toList());
    String named = state.substring(0, 3).replace("CR2", "CR3");
    assertEquals(
        List.of(Fact.NOT_A_CRASH_RANGE, new InUseByProcessor(named, 0x1200000)),
        reasons.getFirst().evidence());
  }

  @Test
  void aProcessorElsewhereIsNoReason() throws IOException {
    assertInstanceOf(
        ArmResult.Unneeded.class,
        armed(new Says(ELSEWHERE + "\\nGDT=     0000000002400000 0000007f", 0)));
  }

  @Test
  void aMonitorThatShowsOtherWordsThanTheFileIsNotBelieved() throws IOException {
    IOException e = assertThrows(IOException.class, () -> armed(new Says(ELSEWHERE, 1)));
    assertTrue(e.getMessage().contains("not this guest's memory"), e.getMessage());
  }

  @Test
  void faultsThatCameSinceTheGuestWasSeenAliveAreSaid() throws IOException {
    try (FakeGuest fake =
            FakeGuest.start(socket(), directory.resolve("ram"), new Says(ELSEWHERE, 0));
        LiveGuest guest = LiveGuest.attach(socket())) {
      try (CrashWatch watch = CrashWatch.of(guest, List.of(), _ -> {})) {
        assertEquals(List.of(), watch.blockedRequests());
        fake.register(Registers.FSTS, Registers.Fsts.PPF.mask());
        assertEquals(List.of(new FaultsRecorded(0, 2)), watch.blockedRequests());
      }
      try (CrashWatch watch = CrashWatch.of(guest, List.of(), _ -> {})) {
        assertEquals(List.of(), watch.blockedRequests(), "of the living guest");
        fake.register(Registers.FSTS, 0);
        assertEquals(List.of(), watch.blockedRequests(), "cleared by whoever read them");
      }
    }
  }
}
