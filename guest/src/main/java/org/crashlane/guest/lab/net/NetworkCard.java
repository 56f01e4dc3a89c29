// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;

/**
 * The network card of a guest. All but the sink receive frames on, when no kernel drives them any
 * more.
 */
public enum NetworkCard {
  /** Driven by the primary kernel, which maps its buffers. */
  E1000E("e1000e"),

  /**
   * Held by vfio-pci for a program, as for a virtual machine: the program maps its own memory at
   * addresses that it chooses. It is a card whose register holds where frames go: QEMU's e1000e
   * would fetch a descriptor from memory for each, where hardware has fetched dozens beforehand.
   */
  ASSIGNED("rtl8139"),

  /** Driven by both kernels: the capture kernel sends the dump through it. */
  SINK("e1000e");

  /** Those that receive frames. */
  public static final List<NetworkCard> RECEIVING = List.of(E1000E, ASSIGNED);

  /** The driver of devices that are assigned. */
  public static final String HOLDER = "vfio-pci";

  /**
   * Where the program maps the memory of an assigned card: in the middle of where a virtual machine
   * has its memory, and in every guest of the lab an address of memory as well.
   */
  private static final AddressRange ASSIGNED_MEMORY = AddressRange.ofSize(128L << 20, 128L << 10);

  /** By what QEMU knows the card. */
  public static final String ID = "card";

  private final String model;

  NetworkCard(String model) {
    this.model = model;
  }

  /** {@return where the program maps memory, and how many bytes, as its arguments} */
  public static String assignedMemory() {
    return Hex.of(ASSIGNED_MEMORY.first()) + " " + Hex.of(ASSIGNED_MEMORY.sizeBytes());
  }

  /** {@return the program that holds an assigned card, for perl} */
  public static byte[] holder() throws IOException {
    try (InputStream in = NetworkCard.class.getResourceAsStream("assigned.pl")) {
      if (in == null) {
        throw new IOException("assigned.pl is not among the program's resources");
      }
      return in.readAllBytes();
    }
  }

  /** {@return the name that users write} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return QEMU's name of the device} */
  public String model() {
    return model;
  }

  /** {@return the drivers it needs in the primary, in the order to load them} */
  public List<String> drivers() {
    return switch (this) {
      case E1000E, SINK -> List.of("e1000e");
      case ASSIGNED -> List.of(HOLDER, "vfio_iommu_type1");
    };
  }
}
