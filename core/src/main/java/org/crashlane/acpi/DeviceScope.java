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
 * @param at where it is in the table
 * @param type the number that {@link Kind} gives a name to
 * @param flags meant for SIDP structures; reserved in all others
 * @param enumerationId I/O APIC id, HPET number or ACPI device number by kind; 0 for PCI devices
 * @param startBus the bus that the path begins on
 * @param path device and function on that bus, then behind each bridge on the way
 */
public record DeviceScope(
    Extent at, int type, int flags, int enumerationId, int startBus, List<Hop> path) {

  /** What a scope entry represents. */
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
    /** {@return true if PCI has such numbers} */
    public boolean exists() {
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

  /** {@return what the entry represents} */
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

  /** {@return true if the entry is a PCI function, a bridge or not, and {@code requester} is it} */
  public boolean namesPciDevice(RequesterId requester) {
    return isPci() && requester().filter(requester::equals).isPresent();
  }

  /** {@return true if the entry is a device that makes requests of its own, besides interrupts} */
  public boolean isOfDevice() {
    return isPci() || kind() == Kind.ACPI_NAMESPACE_DEVICE;
  }

  private boolean isPci() {
    return kind() == Kind.PCI_ENDPOINT || kind() == Kind.PCI_SUB_HIERARCHY;
  }

  /**
   * {@return true if {@code requester} may be what the path leads to or lie behind it, for all that
   * the table tells} It is not if it is on the bus that the path begins on.
   */
  public boolean mayLeadTo(RequesterId requester) {
    boolean crossesBridge = path.size() > 1 || kind() == Kind.PCI_SUB_HIERARCHY;
    return isPci() && crossesBridge && requester.bus() != startBus;
  }

  /** {@return what the entry represents and where it is, for people} */
  public String text() {
    String what =
        switch (kind()) {
          case PCI_ENDPOINT, PCI_SUB_HIERARCHY -> kind().text();
          case IOAPIC, MSI_CAPABLE_HPET, ACPI_NAMESPACE_DEVICE ->
              kind().text() + " " + enumerationId;
          case UNKNOWN -> kind().text() + " type " + type;
        };
    return what + " at " + pathText();
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
