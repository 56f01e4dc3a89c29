// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import static org.crashlane.acpi.DmarLayout.ATC_HARDENED;
import static org.crashlane.acpi.DmarLayout.DEVICE_NUMBER;
import static org.crashlane.acpi.DmarLayout.FUNCTION_NUMBER;
import static org.crashlane.acpi.DmarLayout.REQ_WO_PASID_NESTED_NOTALLOWED;
import static org.crashlane.acpi.DmarLayout.REQ_WO_PASID_PGSNP_NOTALLOWED;
import static org.crashlane.acpi.DmarLayout.REQ_WO_PASID_PWSNP_NOTALLOWED;
import static org.crashlane.acpi.DmarLayout.SCOPE_ATC_REQUIRED;

import java.util.List;
import java.util.Optional;
import org.crashlane.pci.RequesterId;

/**
 * One device that a remapping structure is about (VT-d specification, section 8.3.1 "Device Scope
 * Structure").
 *
 * @param at where it stands in the table
 * @param type the number that {@link Kind} gives a name to
 * @param flags meant for SIDP structures; reserved in all others
 * @param enumerationId I/O APIC id, HPET number or ACPI device number by kind; 0 for PCI devices
 * @param startBus the bus that the path begins on
 * @param path device and function on that bus, then behind each bridge on the way
 */
public record DeviceScope(
    Extent at, int type, int flags, int enumerationId, int startBus, List<Hop> path) {

  /** What a scope entry stands for. */
  public enum Kind {
    PCI_ENDPOINT(1, "PCI endpoint"),
    /** A bridge and everything behind it. */
    PCI_SUB_HIERARCHY(2, "PCI bridge and all behind it"),
    IOAPIC(3, "IOAPIC"),
    MSI_CAPABLE_HPET(4, "HPET"),
    ACPI_NAMESPACE_DEVICE(5, "ACPI device"),
    /** A type that this version of the specification reserves. */
    UNKNOWN(-1, "unknown scope");

    private final int type;
    private final String text;

    Kind(int type, String text) {
      this.type = type;
      this.text = text;
    }

    static Kind of(int type) {
      for (Kind kind : values()) {
        if (kind.type == type) {
          return kind;
        }
      }
      return UNKNOWN;
    }

    /** {@return the kind in words} */
    public String text() {
      return text;
    }
  }

  /**
   * One step of a path.
   *
   * @param device device number; above 31 only in a wrong table
   * @param function function number; above 7 only in a wrong table
   */
  public record Hop(int device, int function) {
    boolean exists() {
      return device == DEVICE_NUMBER.inPlace(device)
          && function == FUNCTION_NUMBER.inPlace(function);
    }

    @Override
    public String toString() {
      return String.format("%02x.%x", device, function);
    }
  }

  public DeviceScope {
    path = List.copyOf(path);
  }

  /** {@return what the entry stands for} */
  public Kind kind() {
    return Kind.of(type);
  }

  /**
   * {@return the requester id that the path leads to, where the table alone tells} A longer path
   * leads through bridges, whose secondary buses only the machine's configuration space knows.
   */
  public Optional<RequesterId> requester() {
    if (path.size() != 1 || !path.getFirst().exists()) {
      return Optional.empty();
    }
    return Optional.of(
        RequesterId.of(startBus, path.getFirst().device(), path.getFirst().function()));
  }

  /** {@return names of the flags that are set} */
  public List<String> flagNames() {
    return FlagNames.of(
        flags,
        REQ_WO_PASID_NESTED_NOTALLOWED,
        REQ_WO_PASID_PWSNP_NOTALLOWED,
        REQ_WO_PASID_PGSNP_NOTALLOWED,
        ATC_HARDENED,
        SCOPE_ATC_REQUIRED);
  }

  /** {@return start bus and path, {@code bb:dd.f} and {@code /dd.f} for each bridge crossed} */
  public String pathText() {
    StringBuilder text = new StringBuilder(String.format("%02x:", startBus));
    for (int i = 0; i < path.size(); i++) {
      text.append(i == 0 ? "" : "/").append(path.get(i));
    }
    return text.toString();
  }
}
