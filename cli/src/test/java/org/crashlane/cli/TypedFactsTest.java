// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.crashlane.acpi.AcpiTable;
import org.crashlane.acpi.InstalledTables;
import org.crashlane.arming.ArmResult;
import org.crashlane.arming.DisarmResult;
import org.crashlane.arming.PlanResult;
import org.crashlane.bits.Term;
import org.crashlane.guest.lab.iommu.LabIommu;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.guest.live.GuestTables;
import org.crashlane.iommu.MapResult;
import org.crashlane.iommu.Outcome;
import org.crashlane.linux.LinuxView;
import org.crashlane.linux.Remark;
import org.crashlane.model.crash.CrashResult;
import org.crashlane.model.crash.Violation;
import org.crashlane.model.explore.Counterexample;
import org.crashlane.model.hardware.CpuAccess;
import org.crashlane.model.kernel.MapAttempt;
import org.crashlane.rehearsal.ArmReport;
import org.crashlane.rehearsal.Event;
import org.crashlane.rehearsal.Rehearsal;
import org.crashlane.rule.Verdict;
import org.junit.jupiter.api.Test;

/**
 * Facts stay typed until they are reported: no result of the rule, of arming or of a rehearsal has
 * a text, but for names and quotes. What a manual calls a thing is a constant of an enum, with its
 * name beside it.
 */
final class TypedFactsTest {
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.crashlane");

  /** What is reported: of the rule, of arming, of rehearsals; of walks; of firmware's tables. */
  private static final List<Class<?>> RESULTS =
      List.of(
          Verdict.class,
          PlanResult.class,
          ArmResult.class,
          DisarmResult.class,
          Rehearsal.class,
          GuestTables.class,
          Outcome.class,
          MapResult.class,
          RegisterSnapshot.class,
          LabIommu.Sightings.class,
          AcpiTable.class,
          Remark.class,
          Event.class,
          CrashResult.class,
          Violation.class,
          Counterexample.class,
          ArmReport.class,
          MapAttempt.class,
          CpuAccess.class,
          LinuxView.Unit.class,
          LinuxView.UnitOfDevice.class,
          LinuxView.WithoutUnit.class,
          InstalledTables.class,
          LinuxView.Interrupts.class);

  /** Names that somebody else has given, as they are. */
  private static final Set<String> NAMES =
      Set.of(
          "BitField.name",
          "AcpiHeader.creatorId",
          "AcpiHeader.oemId",
          "AcpiHeader.oemTableId",
          "AcpiHeader.signature",
          "DmarStructure.Andd.objectName",
          "FieldValue.flagNames",
          "FieldValue.name",
          "IvhdEntry.AcpiHid.compatibleId",
          "IvhdEntry.AcpiHid.hardwareId",
          "IvhdEntry.AcpiHid.uniqueId",
          "InstalledTables.unread",
          "LinuxView.Unit.name",
          "PciFunction.description",
          "PciFunction.id",
          "RegisterSnapshot.registers",
          "Remark.signature",
          "TableEntry.name",
          "TableEntry.text",
          "Device.name",
          "Device.Binding.driver",
          "Layout.name",
          "Target.name",
          "Target.identity",
          "Subject.Armed.name",
          "Sighting.RegisterId.name",
          "Sighting.RegisterValue.bits",
          "Obstacle.InUseByProcessor.register",
          "Obstacle.Earlier.journal",
          "Reading.InTable.signature",
          "Reading.NoAcpiTable.signature",
          "Reading.UnreadTable.signature",
          "Reason.Name.name",
          "Reading.StatedRegion.structure",
          "Reading.StatedRegion.users",
          "Sighting.OtherRelease.found",
          "Sighting.OtherRelease.booted",
          "DumpOutcome.Written.release",
          "Evidence.OfLinux.first",
          "Evidence.OfLinux.source",
          "Observations.Kernels.captureArguments",
          "Observations.Kernels.captureRelease",
          "Observations.Kernels.primaryArguments",
          "Observations.Kernels.qemu",
          "Observations.Kernels.release");

  /** What others wrote: a console, a trace; bytes as they are. */
  private static final Set<String> QUOTES =
      Set.of(
          "Evidence.Quote.line",
          "Frames.Astray.sample",
          "Sighting.BlockedInterrupt.event",
          "DmarStructure.Unknown.content",
          "IvhdEntry.Unknown.content",
          "IvrsBlock.Unknown.content",
          "TableEntry.rest");

  /** Methods of the model that return a text: names, and what users type. */
  private static final Set<String> TEXTS =
      Set.of(
          "Action.text",
          "Action.verb",
          "ArmTiming.label",
          "Counterexample.text",
          "ModelMemory.source",
          "Room.field",
          "Schedule.text",
          "SeededFault.name",
          "SeededFault.wrong",
          "UnitTables.unit");

  @Test
  void noResultHasATextButForNamesAndQuotes() {
    Set<String> texts = new TreeSet<>();
    Set<Class<?>> seen = new HashSet<>();
    RESULTS.forEach(result -> collect(result, seen, texts));
    Set<String> allowed = new TreeSet<>(NAMES);
    allowed.addAll(QUOTES);
    assertEquals(allowed, texts);
    assertTrue(seen.size() > 50, () -> "most of them were not reached: " + seen);
  }

  /** A name is a constant, so that it can be counted, and nobody builds a sentence in its place. */
  @Test
  void whatAManualNamesIsAConstant() {
    Set<String> others = new TreeSet<>();
    int seen = 0;
    for (JavaClass one : MAIN) {
      if (one.isAssignableTo(Term.class) && !one.isInterface()) {
        seen++;
        if (!one.isEnum()) {
          others.add(one.getSimpleName());
        }
      }
    }
    assertEquals(Set.of("Unknown"), others, "a number that no manual explains has none");
    assertTrue(seen > 10, "terms seen: " + seen);
  }

  /** Nor is one on its way there: what the model makes texts of are names, and what users type. */
  @Test
  void theModelMakesNoTexts() {
    Set<String> texts = new TreeSet<>();
    for (JavaClass one : MAIN) {
      for (JavaMethod method : one.getMethods()) {
        if (one.getPackageName().startsWith("org.crashlane.model.")
            && !one.getPackageName().startsWith("org.crashlane.model.spec")
            && method.getRawReturnType().isEquivalentTo(String.class)
            && !Set.of("toString", "meaning").contains(method.getName())) {
          texts.add(one.getSimpleName() + "." + method.getName());
        }
      }
    }
    assertEquals(TEXTS, texts);
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
