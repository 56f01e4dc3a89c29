// SPDX-License-Identifier: Apache-2.0
package org.crashlane.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.DisarmResult;
import org.crashlane.arming.PlanResult;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

/**
 * Facts stay typed until they are reported: no result of the rule, of arming or of a rehearsal has
 * a text, but for names, quotes and what the reader of one vendor's tables says in its manual's
 * words.
 */
final class TypedFactsTest {
  private static final List<Class<?>> RESULTS =
      List.of(
          Verdict.class, PlanResult.class, ArmResult.class, DisarmResult.class, Rehearsal.class);

  /** Names that somebody else has given, as they are. */
  private static final Set<String> NAMES =
      Set.of(
          "Device.name",
          "Device.Binding.driver",
          "Target.name",
          "Target.identity",
          "Subject.Armed.name",
          "Subject.Party.name",
          "Sighting.RegisterId.name",
          "Sighting.RegisterValue.bits",
          "Obstacle.InUseByProcessor.register",
          "Obstacle.Earlier.journal",
          "Reading.NoAcpiTable.signature",
          "Reading.StatedRegion.structure",
          "Reading.StatedRegion.users",
          "Sighting.OtherRelease.found",
          "Sighting.OtherRelease.booted",
          "DumpOutcome.Written.release");

  /** What others wrote: a console, a trace, the reader of a format. */
  private static final Set<String> QUOTES =
      Set.of("Evidence.Quote.line", "Sighting.BlockedInterrupt.event");

  /** Words of a manual, which the reader of a vendor's tables and registers knows. */
  private static final Set<String> MANUALS =
      Set.of(
          "Attachment.Blocked.reason",
          "Attachment.Unsupported.reason",
          "Fault.meaning",
          "InterruptFate.Blocked.evidence",
          "InterruptFate.Blocked.meaning",
          "InterruptFate.Delivered.evidence",
          "InterruptFate.Posted.evidence",
          "InterruptFate.Redirected.evidence",
          "InterruptFate.Unknown.evidence",
          "Malformation.reason",
          "BitField.name",
          "Layout.name",
          "Remedy.PrepareInterrupts.obstacles",
          "UnitBuffer.what",
          "Unmappable.reason");

  @Test
  void noResultHasATextButForNamesAndQuotes() {
    Set<String> texts = new TreeSet<>();
    Set<Class<?>> seen = new HashSet<>();
    RESULTS.forEach(result -> collect(result, seen, texts));
    Set<String> allowed = new TreeSet<>(NAMES);
    allowed.addAll(QUOTES);
    allowed.addAll(MANUALS);
    assertEquals(allowed, texts);
    assertTrue(seen.size() > 50, () -> "most of them were not reached: " + seen);
  }

  /** Follows the components of records, what may be in their lists, and what is sealed. */
  private static void collect(Type type, Set<Class<?>> seen, Set<String> texts) {
    if (type instanceof ParameterizedType generic) {
      for (Type argument : generic.getActualTypeArguments()) {
        collect(argument, seen, texts);
      }
      collect(generic.getRawType(), seen, texts);
      return;
    }
    if (!(type instanceof Class<?> one)
        || !one.getName().startsWith("org.crashlane.")
        || !seen.add(one)) {
      return;
    }
    if (one.isSealed()) {
      for (Class<?> permitted : one.getPermittedSubclasses()) {
        collect(permitted, seen, texts);
      }
    }
    if (one.isRecord()) {
      for (RecordComponent component : one.getRecordComponents()) {
        if (isText(component.getGenericType())) {
          texts.add(name(one) + "." + component.getName());
        }
        collect(component.getGenericType(), seen, texts);
      }
    }
  }

  private static boolean isText(Type type) {
    return type == String.class
        || type == Object.class
        || (type instanceof ParameterizedType generic
            && List.of(generic.getActualTypeArguments()).contains(String.class));
  }

  private static String name(Class<?> one) {
    return one.getCanonicalName().substring(one.getPackageName().length() + 1);
  }
}
