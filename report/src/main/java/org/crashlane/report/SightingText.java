// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.List;
import java.util.stream.Collectors;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Fault;
import org.crashlane.iommu.UnitState;
import org.crashlane.rule.Sighting;

/** What was seen of a crash, for people. */
final class SightingText {
  private SightingText() {}

  static String of(Sighting sighting) {
    return switch (sighting) {
      case Sighting.Faulted(Sighting.From from, Fault fault) -> of(from) + of(fault);
      case Sighting.Blocked(var requester, long iova) ->
          "request at %s by %s blocked".formatted(Hex.of(iova), requester);
      case Sighting.BlockedInterrupt(var sender, long address, long data, String event) ->
          "interrupt (address %s, data %s) of %s blocked: %s"
              .formatted(Hex.of(address), Hex.of(data), SubjectText.of(sender), event);
      case Sighting.RegistersAccessed accessed -> of(accessed);
      case Sighting.RegisterWritten written -> of(written);
      case Sighting.RegisterChanged(Sighting.RegisterId register, long before, long after) ->
          "changed %s from %s to %s".formatted(of(register), Hex.of(before), Hex.of(after));
      case Sighting.Touched touched -> of(touched);
      case Sighting.DeviceTablesMoved moved ->
          "%s the IOMMU's device tables moved from %s to %s, and translation is %s"
              .formatted(
                  moved.when() == Sighting.Since.CRASH
                      ? "before it was noticed"
                      : "after it was armed",
                  Hex.of(moved.before()),
                  Hex.of(moved.now()),
                  of(moved.translation()));
      case Sighting.WordChanged(long address, long before, long now) ->
          "the word at %s was %s and is %s now"
              .formatted(Hex.of(address), Hex.of(before), Hex.of(now));
      case Sighting.FaultsRecorded(long before, long now) ->
          "the IOMMU recorded faults before the tables were written (%s before, %s now): requests of the capture kernel's drivers were blocked"
              .formatted(Hex.of(before), Hex.of(now));
      case Sighting.CoreHeader header -> of(header);
      case Sighting.Violated violated -> of(violated);
      case Sighting.Meant(long address) -> "meant for " + Hex.of(address);
      case Sighting.Modelled(var reason) -> ReasonText.of(reason);
      case Sighting.OtherRelease(String found, String booted) ->
          "a dump of " + found + ", where " + booted + " was booted";
      case Sighting.PagesCompared pages -> of(pages);
    };
  }

  private static String of(Fault fault) {
    return "%s of %s by %s blocked: fault reason %s (%s)%s"
        .formatted(
            fault.request().access() == Access.READ ? "read" : "write",
            Hex.of(fault.request().iova()),
            fault.request().requester(),
            Hex.of(fault.reason()),
            fault.why().meaning(),
            fault.recorded() ? "" : ", not recorded");
  }

  private static String of(UnitState.Translation translation) {
    return switch (translation) {
      case TRANSLATES -> "on";
      case PASSES -> "off";
      case BLOCKS -> "off, with all DMA blocked";
      case UNKNOWN -> "not known";
    };
  }

  private static String of(Sighting.From from) {
    return switch (from) {
      case CAPTURE_KERNEL -> "capture I/O: ";
      case LEFTOVER -> "in-flight DMA: ";
      case NOT_KNOWN -> "";
    };
  }

  private static String of(Sighting.RegistersAccessed accessed) {
    return "%s %s: %s"
        .formatted(
            accessed.areReads() ? "read" : "accessed",
            accessed.registers().stream().map(SightingText::of).collect(Collectors.joining(", ")),
            times(accessed.count()));
  }

  private static String of(Sighting.RegisterWritten written) {
    String register = of(written.register());
    String values =
        written.first().stream().map(SightingText::of).collect(Collectors.joining(", "));
    if (written.count() == 1) {
      return "wrote " + values + " to " + register;
    }
    String last = written.first().contains(written.last()) ? "" : " ... " + of(written.last());
    return "wrote to %s %s: %s%s".formatted(register, times(written.count()), values, last);
  }

  private static String times(int count) {
    return count == 1 ? "once" : count + " times";
  }

  private static String of(Sighting.RegisterId register) {
    String offset = "register " + Hex.of(register.offset());
    return register.name().isEmpty() ? offset : register.name() + " (" + offset + ")";
  }

  private static String of(Sighting.RegisterValue value) {
    String bits = value.bits().isEmpty() ? "nothing set" : String.join(" ", value.bits());
    return Hex.of(value.raw())
        + switch (value.translation()) {
          case ON -> " [" + bits + "]";
          case OFF -> " [" + bits + "; translation off]";
          case NOT_SAID -> "";
        };
  }

  private static String of(Sighting.Touched touched) {
    String address = Hex.of(touched.address());
    String value = Hex.of(touched.value());
    return switch (touched.what()) {
      case READS_MEMORY -> "reads memory of the primary " + address;
      case WRITES_MEMORY -> "writes memory of the primary " + address;
      case READS_REGISTER -> "reads register " + address;
      case WRITES_REGISTER -> "writes " + value + " to register " + address;
      case WRITES_LOCKED_REGISTER ->
          "writes " + value + " to register " + address + ", which is locked: no effect";
      case READS_CONFIGURATION -> "reads configuration register " + address;
      case WRITES_CONFIGURATION -> "writes " + value + " to configuration register " + address;
    };
  }

  private static String of(Sighting.CoreHeader header) {
    String address = Hex.of(header.address());
    return switch (header.what()) {
      case DUMPED ->
          "range not confirmed: kexec's core header at "
              + address
              + " has some of it as memory that is to be dumped";
      case LEFT_OUT ->
          "range not confirmed: the crash range is %s by kexec's core header at %s, and not all of it was named"
              .formatted(header.range(), address);
      case ELSEWHERE ->
          "by kexec's core header at %s the crash range is %s".formatted(address, header.range());
    };
  }

  private static String of(Sighting.Violated violated) {
    return (violated.count() == 1
            ? "seen once, at "
            : "seen %,d times, first at ".formatted(violated.count()))
        + first(violated);
  }

  /** {@return what was violated, and when} */
  static String first(Sighting.Violated violated) {
    return "step %d: %s: %s at %s -> %s, %d bytes: %s"
        .formatted(
            violated.step(),
            violated.invariant().meaning(),
            SubjectText.of(violated.party()),
            Hex.of(violated.busAddress()),
            Hex.of(violated.physicalAddress()),
            violated.sizeBytes(),
            EvidenceText.inOneLine(violated.evidence()));
  }

  private static String of(Sighting.PagesCompared pages) {
    return "%d pages compared: %d equal, %d equal and zeros, %d different%s; %d not in the dump%s"
        .formatted(
            pages.equalCount() + pages.equalZeroCount() + pages.differentCount(),
            pages.equalCount(),
            pages.equalZeroCount(),
            pages.differentCount(),
            shown(pages.firstDifferent()),
            pages.absentCount(),
            shown(pages.firstAbsent()));
  }

  private static String shown(List<Long> addresses) {
    return addresses.isEmpty()
        ? ""
        : " (first at %s)"
            .formatted(addresses.stream().map(Hex::of).collect(Collectors.joining(", ")));
  }
}
