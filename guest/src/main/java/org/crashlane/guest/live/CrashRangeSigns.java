// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.crashlane.arming.Refusal;
import org.crashlane.arming.Refusal.Kind;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Finding;
import org.crashlane.rule.FindingCode;
import org.crashlane.rule.Obstacle.InUseByProcessor;
import org.crashlane.rule.Remedy.Step;
import org.crashlane.rule.Severity;
import org.crashlane.rule.Sighting;
import org.crashlane.rule.Sighting.CoreHeaderFact;
import org.crashlane.rule.Subject.CrashRange;
import org.crashlane.rule.Subject.Part;

/**
 * Is what somebody calls a crash range one? Certain signs that it is not are refused; that it is,
 * the core header of a loaded capture kernel tells, and without it nobody knows.
 */
final class CrashRangeSigns {
  /** No Linux of the last twenty years boots in less. */
  private static final long LEAST_BYTES = 16L << 20;

  /** More is not searched for a capture kernel elsewhere: a GiB takes a third of a second. */
  private static final long SEARCHED_MAX_BYTES = 16L << 30;

  private static final int DOUBTS_MAX = 8;

  private static final Pattern STATE =
      Pattern.compile("\\b([RE]IP|CR3|GDT|IDT)=\\s*([0-9a-f]{8,16})\\b");
  private static final Pattern ROOT =
      Pattern.compile("\\bCR3=\\s*([0-9a-f]{8,16})\\b(?:\\s+CR4=\\s*([0-9a-f]{8,16})\\b)?");

  /** Of CR4: tables have five levels. */
  private static final BitField LA57 = BitField.bit("LA57", 12);

  private static final Pattern PHYSICAL = Pattern.compile("gpa: 0x([0-9a-f]{1,16})");

  private CrashRangeSigns() {}

  /**
   * {@return why these cannot be the crash ranges of the kernel that runs now}
   *
   * @param alive false if it is the capture kernel that runs, inside them
   */
  static List<Refusal> against(LiveGuest guest, List<AddressRange> ranges, boolean alive)
      throws IOException {
    List<Refusal> refusals = new ArrayList<>();
    for (AddressRange range : ranges) {
      // arch/x86/kernel/setup.c: CRASH_ALIGN; the real-mode area
      if (range.overlaps(PageTables.FIRST_MEBIBYTE)) {
        refuse(refusals, range, Fact.IN_FIRST_MEBIBYTE);
      }
    }
    long sizeBytes = Ranges.sizeBytes(ranges);
    if (sizeBytes < LEAST_BYTES) {
      refuse(
          refusals,
          ranges.getFirst(),
          Fact.SMALLER_THAN_ANY_KERNEL,
          new Amount(Quantity.BYTES_OF_CRASH_RANGES, sizeBytes));
    }
    if (alive) {
      used(guest.qmp(), ranges, refusals);
    }
    return refusals;
  }

  /** What a processor of a living kernel works with lies in no crash range. */
  private static void used(QmpClient qmp, List<AddressRange> ranges, List<Refusal> refusals)
      throws IOException {
    Matcher m = STATE.matcher(qmp.hmp("info registers -a"));
    while (m.find()) {
      long address = Hex.parse(m.group(2));
      Optional<Long> physical =
          m.group(1).equals("CR3")
              ? Optional.of(address)
              : physical(qmp.hmp("gva2gpa " + Hex.of(address)));
      for (AddressRange range : ranges) {
        if (physical.filter(range::contains).isPresent()) {
          refuse(refusals, range, new InUseByProcessor(m.group(1), physical.get()));
          return;
        }
      }
    }
  }

  private static Optional<Long> physical(String printed) {
    Matcher m = PHYSICAL.matcher(printed);
    return m.find() ? Optional.of(Hex.parse(m.group(1))) : Optional.empty();
  }

  private static void refuse(List<Refusal> refusals, AddressRange range, Evidence... why) {
    refusals.add(
        new Refusal(
            Kind.CRASH_RANGE,
            new CrashRange(range),
            Stream.concat(Stream.of(Fact.NOT_A_CRASH_RANGE), Stream.of(why)).toList(),
            List.of(Step.NAME_CRASH_RANGE)));
  }

  /**
   * {@return what keeps these from being known as the crash ranges; nothing if they are} After a
   * restart an older header may still be where it was: all there are have to agree.
   *
   * @param images the capture kernels whose headers are in {@code ranges}
   * @param processors what QEMU prints of the processors' registers
   */
  static List<Finding> doubts(
      SparingReader memory, List<CaptureImage> images, List<AddressRange> ranges, String processors)
      throws IOException {
    if (images.isEmpty()) {
      List<Evidence> why = new ArrayList<>(List.of(Fact.NO_CAPTURE_KERNEL_LOADED));
      for (CaptureImage image :
          CaptureImage.findIn(memory, Ranges.firstPart(memory.ranges(), SEARCHED_MAX_BYTES))) {
        image
            .crashRanges()
            .forEach(range ->
                why.add(
                    new Sighting.CoreHeader(
                        CoreHeaderFact.ELSEWHERE, image.headerAddress(), range)));
      }
      return List.of(doubt(ranges.getFirst(), why));
    }
    List<Finding> doubts = new ArrayList<>();
    for (CaptureImage image : images) {
      doubts.addAll(doubts(image, ranges));
      unloaded(memory, image, processors)
          .ifPresent(why -> doubts.add(doubt(ranges.getFirst(), List.of(why))));
    }
    return doubts.stream().distinct().limit(DOUBTS_MAX).toList();
  }

  /** A header stays where it is when its capture kernel is unloaded, and after a restart. */
  private static Optional<Fact> unloaded(
      SparingReader memory, CaptureImage image, String processors) throws IOException {
    DirectMap map = new DirectMap(memory, image.headerAddress());
    DirectMap.Access access = DirectMap.Access.UNMAPPED;
    Matcher m = ROOT.matcher(processors);
    while (m.find() && access != DirectMap.Access.WRITABLE) {
      boolean hasFiveLevels = m.group(2) != null && LA57.isSet(Hex.parse(m.group(2)));
      DirectMap.Access found = map.access(Hex.parse(m.group(1)), hasFiveLevels);
      access = found == DirectMap.Access.UNMAPPED ? access : found;
    }
    return switch (access) {
      case READ_ONLY -> Optional.empty();
      case WRITABLE -> Optional.of(Fact.CAPTURE_KERNEL_NOT_PROTECTED);
      case UNMAPPED -> Optional.of(Fact.NO_KERNEL_RUNS);
    };
  }

  private static List<Finding> doubts(CaptureImage image, List<AddressRange> ranges) {
    List<Finding> doubts = new ArrayList<>();
    for (AddressRange range : ranges) {
      if (!Ranges.without(List.of(range), image.crashRanges()).isEmpty()) {
        doubts.add(doubt(range, seen(CoreHeaderFact.DUMPED, image, range)));
      }
    }
    for (AddressRange reserved : image.crashRanges()) {
      if (!Ranges.without(List.of(reserved), ranges).isEmpty()) {
        doubts.add(doubt(reserved, seen(CoreHeaderFact.LEFT_OUT, image, reserved)));
      }
    }
    return doubts;
  }

  private static List<Evidence> seen(CoreHeaderFact what, CaptureImage image, AddressRange range) {
    return List.of(new Sighting.CoreHeader(what, image.headerAddress(), range));
  }

  private static Finding doubt(AddressRange range, List<Evidence> evidence) {
    return new Finding(
        FindingCode.M3,
        Severity.UNKNOWN,
        Part.CRASH_RANGE,
        List.of(range),
        evidence,
        List.of(Step.LOAD_CAPTURE_KERNEL));
  }
}
