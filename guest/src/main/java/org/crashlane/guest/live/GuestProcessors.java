// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.guest.qmp.QmpCommandException;
import org.crashlane.interrupt.Processors;
import org.crashlane.interrupt.Processors.Mode;
import org.crashlane.machine.Source;
import tools.jackson.databind.JsonNode;

/**
 * A guest's processors, as QEMU tells of them: by their objects' properties {@code apic-id}, {@code
 * x2apic} and {@code kvm} (target/i386/cpu.c in QEMU's sources). In which mode a local APIC runs,
 * QEMU 7.2 to 10 do not tell; nor do they have firmware that locks x2APIC mode.
 */
final class GuestProcessors {
  private static final int PROCESSORS_MAX = 4096;

  private final List<Integer> apicIds;
  private final Source source;
  private final Answer x2apic;
  private final Answer showsKvm;

  /** Of all processors together. */
  private enum Answer {
    NO,
    YES,
    UNKNOWN
  }

  private GuestProcessors(List<Integer> apicIds, Source source, Answer x2apic, Answer showsKvm) {
    this.apicIds = apicIds;
    this.source = source;
    this.x2apic = x2apic;
    this.showsKvm = showsKvm;
  }

  /**
   * Asks QEMU.
   *
   * @param ofFirmware the APIC ids that firmware has told the guest's kernel
   */
  static GuestProcessors of(QmpClient qmp, List<Integer> ofFirmware) throws IOException {
    List<JsonNode> ids = properties(qmp, "apic-id");
    boolean areKnown = !ids.isEmpty() && ids.stream().allMatch(JsonNode::isIntegralNumber);
    List<Integer> apicIds =
        areKnown ? ids.stream().map(id -> (int) id.asLong(0)).toList() : ofFirmware;
    Answer x2apic = any(properties(qmp, "x2apic"));
    Answer shown = any(properties(qmp, "kvm"));
    Source source = Source.read(areKnown ? "QEMU's processors (apic-id)" : "ACPI APIC");
    return new GuestProcessors(apicIds, source, x2apic, isKvm(qmp) ? shown : Answer.NO);
  }

  /** {@return a property of each processor's; nothing if that of one of them is not told} */
  private static List<JsonNode> properties(QmpClient qmp, String name) throws IOException {
    List<JsonNode> values = new ArrayList<>();
    try {
      for (JsonNode processor : qmp.execute("query-cpus-fast")) {
        String path = processor.path("qom-path").asString("");
        values.add(qmp.execute("qom-get", Map.of("path", path, "property", name)));
        if (values.size() > PROCESSORS_MAX) {
          return List.of();
        }
      }
    } catch (QmpCommandException e) {
      return List.of();
    }
    return values;
  }

  private static Answer any(List<JsonNode> values) {
    if (values.isEmpty() || !values.stream().allMatch(JsonNode::isBoolean)) {
      return Answer.UNKNOWN;
    }
    return values.stream().anyMatch(value -> value.asBoolean(false)) ? Answer.YES : Answer.NO;
  }

  private static boolean isKvm(QmpClient qmp) throws IOException {
    try {
      return qmp.execute("query-kvm").path("enabled").asBoolean(false);
    } catch (QmpCommandException e) {
      return false;
    }
  }

  /** {@return where their ids are from, if they are known} */
  Optional<Source> source() {
    return apicIds.isEmpty() ? Optional.empty() : Optional.of(source);
  }

  /**
   * {@return them, as the rule needs them}
   *
   * @param remapsToWideIds true if their kernel has interrupts remapped to ids of 32 bits, as it
   *     does in x2APIC mode alone
   */
  Processors known(boolean remapsToWideIds) {
    return new Processors(apicIds, mode(remapsToWideIds));
  }

  private Mode mode(boolean remapsToWideIds) {
    return switch (x2apic) {
      case NO -> Mode.XAPIC;
      case UNKNOWN -> Mode.UNKNOWN;
      case YES -> {
        if (showsKvm == Answer.YES) {
          yield Mode.X2APIC_OF_KVM;
        }
        yield remapsToWideIds && showsKvm == Answer.NO ? Mode.X2APIC : Mode.UNKNOWN;
      }
    };
  }
}
