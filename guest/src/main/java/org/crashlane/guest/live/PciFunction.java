// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Printable;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;
import tools.jackson.databind.JsonNode;

/**
 * A function on a guest's PCI buses.
 *
 * <p>Which id its requests carry is QEMU's rule (hw/pci/pci.c, pci_device_get_iommu_bus_devfn, and
 * pci_req_id_cache_get for interrupts): of the bridges above it that have a conventional bus behind
 * them, the one nearest to the root has it carry an id of its own. QEMU's bridges are known by
 * their vendor and device ids; {@code query-pci} shows no capabilities.
 *
 * @param requester bus, device and function; the bus as firmware or kernel has numbered it
 * @param aliases the id that its requests carry where that is not its own; several, its own among
 *     them, if it is one of these and not known which
 * @param classCode base class and sub-class, 16 bits
 * @param hardwareId vendor in the upper 16 bits, device in the lower
 * @param id QEMU's id of the device, empty if it was given none
 * @param description the class in words where QEMU has any, or the class's number
 * @param behind the buses behind it
 */
public record PciFunction(
    RequesterId requester,
    List<RequesterId> aliases,
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

  /** Bridges that have a PCI Express bus behind them: requests pass with the ids they come with. */
  private static final Set<Integer> EXPRESS_PORTS =
      Set.of(
          // pcie-root-port, ioh3420, x3130-upstream, xio3130-downstream
          0x1b36_000c,
          0x8086_3420,
          0x104c_8232,
          0x104c_8233,
          // cxl-rp, cxl-upstream, cxl-downstream
          0x8086_7075,
          0x19e5_a128,
          0x19e5_a129);

  /** pci-bridge, pci-bridge-seat, i82801b11-bridge: requests carry the bridge's own id. */
  private static final Set<Integer> CONVENTIONAL_BRIDGES =
      Set.of(0x1b36_0001, 0x1b36_000a, 0x8086_244e);

  /** pcie-pci-bridge: requests carry the id of device 0, function 0 on the bus behind it. */
  private static final int EXPRESS_TO_CONVENTIONAL_BRIDGE = 0x1b36_000e;

  /** pxb: a host bridge whose buses, numbered by the user, are conventional. */
  private static final int CONVENTIONAL_EXPANDER = 0x1b36_0009;

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

  public PciFunction {
    aliases = List.copyOf(aliases);
  }

  /** {@return the ids that its requests carry, or may carry} */
  List<RequesterId> requesters() {
    return aliases.isEmpty() ? List.of(requester) : aliases;
  }

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
        addAll(bus.path("devices"), expanders(buses, bus), functions);
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

  /** {@return which ids requests of a root bus carry, if not their own} */
  private static List<RequesterId> expanders(JsonNode buses, JsonNode root) {
    if (root.path("bus").asInt(0) == 0) {
      return List.of();
    }
    return buses
        .valueStream()
        .flatMap(bus -> bus.path("devices").valueStream())
        .filter(device -> hardwareId(device) == CONVENTIONAL_EXPANDER)
        .map(PciFunction::requester)
        .toList();
  }

  /**
   * @param above which ids the requests carry, if not their own
   */
  private static void addAll(
      JsonNode devices, List<RequesterId> above, List<PciFunction> functions) {
    for (JsonNode device : devices) {
      PciFunction function = of(device, above);
      functions.add(function);
      addAll(device.path("pci_bridge").path("devices"), function.above(above), functions);
    }
  }

  /** {@return which ids the requests from behind it carry, if not their own} */
  private List<RequesterId> above(List<RequesterId> above) {
    if (above.size() == 1 || EXPRESS_PORTS.contains(hardwareId)) {
      return above;
    }
    List<RequesterId> ids = new ArrayList<>(above);
    if (hardwareId != EXPRESS_TO_CONVENTIONAL_BRIDGE) {
      ids.add(requester);
    }
    if (!CONVENTIONAL_BRIDGES.contains(hardwareId)) {
      ids.add(RequesterId.of(behind.secondary(), 0));
    }
    return ids;
  }

  private static PciFunction of(JsonNode device, List<RequesterId> above) {
    JsonNode classInfo = device.path("class_info");
    int classCode = classInfo.path("class").asInt(0);
    RequesterId requester = requester(device);
    String otherwise =
        classCode == NVM_CLASS ? "NVMe controller" : "class " + Hex.of(classCode, CLASS_DIGITS);
    String inWords = classInfo.path("desc").asString(otherwise);
    return new PciFunction(
        requester,
        above.size() < 2 ? above : withOwn(requester, above),
        classCode,
        hardwareId(device),
        shown(device.path("qdev_id").asString("")),
        shown(inWords),
        buses(device.path("pci_bridge").path("bus")));
  }

  /**
   * {@return the same behind QEMU's AMD IOMMU} It may look requests up by the bus numbers that
   * there were before firmware ran: 0 for every bus behind a bridge (hw/i386/amd_iommu.c,
   * amdvi_host_dma_iommu, in QEMU 7.2).
   */
  PciFunction orOnBusZero() {
    List<RequesterId> ids =
        requesters().stream()
            .flatMap(id -> Stream.of(id, RequesterId.of(0, id.devfn())))
            .distinct()
            .toList();
    return withAliases(ids.equals(List.of(requester)) ? List.of() : ids);
  }

  /** {@return the same, whose requests carry one of {@code ids}; its own if there is none} */
  PciFunction withAliases(List<RequesterId> ids) {
    return new PciFunction(requester, ids, classCode, hardwareId, id, description, behind);
  }

  private static List<RequesterId> withOwn(RequesterId requester, List<RequesterId> above) {
    return Stream.concat(Stream.of(requester), above.stream()).distinct().toList();
  }

  private static RequesterId requester(JsonNode device) {
    return RequesterId.of(
        device.path("bus").asInt(0),
        device.path("slot").asInt(0),
        device.path("function").asInt(0));
  }

  private static int hardwareId(JsonNode device) {
    JsonNode hardware = device.path("id");
    return (int) (VENDOR.of(hardware.path("vendor").asInt(0)) | hardware.path("device").asInt(0));
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
