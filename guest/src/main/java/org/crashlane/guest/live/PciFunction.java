// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Printable;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import tools.jackson.databind.JsonNode;

/**
 * A function on a guest's PCI buses.
 *
 * @param requester bus, device and function; the bus as firmware or kernel has numbered it
 * @param classCode base class and sub-class, 16 bits
 * @param hardwareId vendor in the upper 16 bits, device in the lower
 * @param id QEMU's id of the device, empty if it was given none
 * @param description the class in words where QEMU has any, or the class's number
 * @param behind the buses behind it
 */
public record PciFunction(
    RequesterId requester,
    int classCode,
    int hardwareId,
    String id,
    String description,
    Buses behind) {

  /**
   * Buses behind a bridge.
   *
   * @param secondary the bus right behind it; above {@code subordinate} if it is no bridge
   * @param subordinate the last of those behind it
   */
  public record Buses(int secondary, int subordinate) {
    static final Buses NONE = new Buses(1, 0);

    /** {@return true if there are none} */
    public boolean areNone() {
      return secondary > subordinate;
    }
  }

  private static final BitField BASE_CLASS = BitField.bits("base class", 15, 8);
  private static final int CLASS_DIGITS = 4;
  private static final int SHOWN_CHARS = 120;
  private static final int BUS_MAX = 255;

  /** Non-volatile memory controllers: QEMU 7.2 has no words for them. */
  private static final int NVM_CLASS = 0x0108;

  /** Base classes of the PCI Code and ID Assignment Specification. */
  private static final int NETWORK = 0x02;

  private static final int WIRELESS = 0x0d;

  /** Classes of it: SD host, FireWire, USB, Fibre Channel, InfiniBand. */
  private static final Set<Integer> DUMPABLE_CLASSES =
      Set.of(0x0805, 0x0c00, 0x0c03, 0x0c04, 0x0c06);

  private static final int VIRTIO_IOMMU = 0x1af41057;
  private static final BitField VENDOR = BitField.bits("vendor", 31, 16);

  /** {@return true if it is a mass storage controller (base class 01h): a dump may go there} */
  public boolean isStorage() {
    return BASE_CLASS.get(classCode) == 1;
  }

  /** {@return true if dumps go through such devices too, though more seldom} */
  public boolean mayTakeDump() {
    int base = (int) BASE_CLASS.get(classCode);
    return base == NETWORK || base == WIRELESS || DUMPABLE_CLASSES.contains(classCode);
  }

  /** {@return true if it is an IOMMU by virtio (device type 23 of its specification)} */
  public boolean isVirtioIommu() {
    return hardwareId == VIRTIO_IOMMU;
  }

  /** {@return id and description, for people} */
  public String name() {
    return id.isEmpty() ? description : id + " (" + description + ")";
  }

  /**
   * {@return all functions in the answer to {@code query-pci}, bridges and what is behind them}
   *
   * @param socket who answered, for messages
   * @throws IOException if it has a device where none can be
   */
  static List<PciFunction> all(Path socket, JsonNode buses) throws IOException {
    List<PciFunction> functions = new ArrayList<>();
    try {
      for (JsonNode bus : buses) {
        addAll(bus.path("devices"), functions);
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(
          socket + ": the answer to 'query-pci' is not right: " + e.getMessage(), e);
    }
    return functions.stream().sorted((a, b) -> a.requester.compareTo(b.requester)).toList();
  }

  /** {@return where functions show memory of their own: base address registers that are set} */
  static List<AddressRange> memoryWindows(Path socket, JsonNode buses) throws IOException {
    List<AddressRange> windows = new ArrayList<>();
    try {
      for (JsonNode bus : buses) {
        addWindows(bus.path("devices"), windows);
      }
    } catch (IllegalArgumentException e) {
      throw new IOException(
          socket + ": the answer to 'query-pci' is not right: " + e.getMessage(), e);
    }
    return windows;
  }

  private static void addWindows(JsonNode devices, List<AddressRange> windows) {
    for (JsonNode device : devices) {
      for (JsonNode region : device.path("regions")) {
        long first = region.path("address").asLong(-1);
        long sizeBytes = region.path("size").asLong(0);
        // Those that the firmware has not set yet are at -1.
        boolean isSet = first > 0 && sizeBytes > 0 && first <= Long.MAX_VALUE - sizeBytes;
        if (isSet && region.path("type").asString("").equals("memory")) {
          windows.add(AddressRange.ofSize(first, sizeBytes));
        }
      }
      addWindows(device.path("pci_bridge").path("devices"), windows);
    }
  }

  private static void addAll(JsonNode devices, List<PciFunction> functions) {
    for (JsonNode device : devices) {
      functions.add(of(device));
      addAll(device.path("pci_bridge").path("devices"), functions);
    }
  }

  private static PciFunction of(JsonNode device) {
    JsonNode classInfo = device.path("class_info");
    int classCode = classInfo.path("class").asInt(0);
    RequesterId requester =
        RequesterId.of(
            device.path("bus").asInt(0),
            device.path("slot").asInt(0),
            device.path("function").asInt(0));
    String otherwise =
        classCode == NVM_CLASS ? "NVMe controller" : "class " + Hex.of(classCode, CLASS_DIGITS);
    String inWords = classInfo.path("desc").asString(otherwise);
    JsonNode hardware = device.path("id");
    long hardwareId =
        VENDOR.of(hardware.path("vendor").asInt(0)) | hardware.path("device").asInt(0);
    return new PciFunction(
        requester,
        classCode,
        (int) hardwareId,
        shown(device.path("qdev_id").asString("")),
        shown(inWords),
        buses(device.path("pci_bridge").path("bus")));
  }

  /** A bridge that firmware has not set up has bus 0 behind it. */
  private static Buses buses(JsonNode bridge) {
    int secondary = bridge.path("secondary").asInt(0);
    int subordinate = bridge.path("subordinate").asInt(0);
    boolean areSet = secondary > 0 && secondary <= subordinate && subordinate <= BUS_MAX;
    return areSet ? new Buses(secondary, subordinate) : Buses.NONE;
  }

  /** Whoever speaks for the guest does not write to the user's terminal. */
  private static String shown(String text) {
    return Printable.of(text, SHOWN_CHARS);
  }
}
