// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.crashlane.interrupt.InterruptWindow;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.Iommu;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of a device is what the unit does with its requests, on tables made at random. */
class DeviceTablesPropertyTest {
  private static final int REQUESTER_COUNT = 1 << 16;
  private static final int SEED_COUNT = 36;

  /** Conditions found in paging structures; the manual's names begin with the kind of table. */
  private static final Set<String> PAGING = Set.of("LGN", "LSL", "SSL", "SFL", "SGN");

  /** How far requests come. */
  private enum Fate {
    BLOCKED,
    UNKNOWN,
    PASSED,
    WALKED
  }

  static long[] seeds() {
    return LongStream.range(0, SEED_COUNT).toArray();
  }

  private static Fate said(Attachment attachment) {
    return switch (attachment) {
      case Attachment.Translated _ -> Fate.WALKED;
      case Attachment.PassThrough _ -> Fate.PASSED;
      case Attachment.Blocked _ -> Fate.BLOCKED;
      case Attachment.Unsupported u when u.reason().term() == Named.PRIVILEGED -> Fate.WALKED;
      case Attachment.Unsupported _ -> Fate.UNKNOWN;
    };
  }

  private static Fate done(Request request, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Reached r -> r.physicalAddress() == request.iova() ? Fate.PASSED : Fate.WALKED;
      case Outcome.Unknown _ -> Fate.UNKNOWN;
      case Outcome.Blocked b -> {
        FaultReason reason = FaultReason.of(b.fault().reason()).orElseThrow();
        String kind = reason.condition().substring(0, reason.condition().indexOf('.'));
        yield PAGING.contains(kind) ? Fate.WALKED : Fate.BLOCKED;
      }
      case Outcome.Interrupt i -> throw new AssertionError(i);
    };
  }

  private static Request request(RequesterId requester, SplittableRandom random) {
    long iova = random.nextLong() >>> random.nextInt(Long.SIZE - 12);
    Access access = random.nextBoolean() ? Access.READ : Access.WRITE;
    return InterruptWindow.contains(iova)
        ? request(requester, random)
        : new Request(requester, iova, access);
  }

  private static Map<Fate, Integer> compare(long seed) {
    RandomDeviceTables machine = new RandomDeviceTables(seed);
    VtdTables tables =
        VtdTables.open(
            machine.memory,
            VtdFixture.registers(machine.config),
            new HostFacts(machine.config.hostAddressWidth()));
    Map<RequesterId, Attachment> attachments = new HashMap<>();
    tables.devices().attachments().forEach(a -> attachments.put(a.requester(), a));
    Iommu unit = new Unit(machine.config).uncached(machine.memory);
    SplittableRandom random = new SplittableRandom(~seed);
    Map<Fate, Integer> seen = new EnumMap<>(Fate.class);
    for (int id = 0; id < REQUESTER_COUNT; id++) {
      RequesterId requester = RequesterId.of(id >> 8, id & 0xff);
      Attachment attachment = attachments.get(requester);
      Fate said = attachment == null ? Fate.BLOCKED : said(attachment);
      Request request = request(requester, random);
      Outcome outcome = unit.translate(request);
      assertEquals(
          done(request, outcome),
          said,
          () -> "seed %d: said %s, done %s, %s".formatted(seed, attachment, outcome, request));
      seen.merge(said, 1, Integer::sum);
    }
    return seen;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void attachmentSaysWhatTheUnitDoes(long seed) {
    compare(seed);
  }

  @Test
  void randomTablesLeadEveryWay() {
    Map<Fate, Integer> seen = new EnumMap<>(Fate.class);
    for (long seed = 0; seed < 7; seed++) {
      compare(seed).forEach((fate, count) -> seen.merge(fate, count, Integer::sum));
    }
    for (Fate fate : Fate.values()) {
      assertTrue(seen.getOrDefault(fate, 0) > 1000, seen.toString());
    }
  }
}
