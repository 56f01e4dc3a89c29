// SPDX-License-Identifier: Apache-2.0
package org.crashlane.machine;

import java.util.List;
import org.crashlane.pci.RequesterId;

/**
 * A device that makes DMA requests.
 *
 * @param address its own bus, device and function
 * @param aliases the ids that its requests carry where that is not, or not only, its own: a
 *     bridge's, or another function's; its own among them if they may carry that too
 * @param name for people
 * @param binding what the kernel has made of it
 * @param role whether the capture kernel needs it to write the dump
 * @param masks what it can put on the bus
 * @param assignedToGuest true if a virtual machine owns it
 */
public record Device(
    RequesterId address,
    List<RequesterId> aliases,
    String name,
    Binding binding,
    DumpRole role,
    DmaMasks masks,
    boolean assignedToGuest) {

  /**
   * What a kernel has made of a device.
   *
   * @param driver its driver; empty if it has none, or that is not known
   * @param group the number of its IOMMU group, or {@link #NO_GROUP}
   */
  public record Binding(String driver, int group) {
    /** It is in none, or that is not known. */
    public static final int NO_GROUP = -1;

    /** Nothing is known. */
    public static final Binding UNKNOWN = new Binding("", NO_GROUP);
  }

  public Device {
    aliases = List.copyOf(aliases);
  }

  /** A device whose requests carry one id, and of whose binding nothing is known. */
  public Device(
      RequesterId requester, String name, DumpRole role, DmaMasks masks, boolean assignedToGuest) {
    this(requester, List.of(), name, Binding.UNKNOWN, role, masks, assignedToGuest);
  }

  /** A device of the host's own, whose DMA masks are not known. */
  public Device(RequesterId requester, String name, DumpRole role) {
    this(requester, name, role, DmaMasks.UNKNOWN, false);
  }

  /** The same, of which it is known whether the dump goes through it. */
  public Device(RequesterId requester, String name, boolean onDumpPath) {
    this(requester, name, onDumpPath ? DumpRole.NAMED : DumpRole.NONE);
  }

  /**
   * {@return one device for each id that its requests may carry, which is all that tells them
   * apart: for whoever asks the IOMMU, which knows devices by these ids}
   */
  public List<Device> byRequester() {
    return aliases.size() < 2
        ? List.of(this)
        : aliases.stream()
            .map(
                id -> new Device(address, List.of(id), name, binding, role, masks, assignedToGuest))
            .toList();
  }

  /** {@return the id that its requests carry: the first, where there are several} */
  public RequesterId requester() {
    return aliases.isEmpty() ? address : aliases.getFirst();
  }

  /** {@return true if the capture kernel needs it to write the dump, as far as is known} */
  public boolean onDumpPath() {
    return switch (role) {
      case NAMED, GUESSED -> true;
      case NONE, POSSIBLE -> false;
    };
  }

  @Override
  public String toString() {
    return requester() + " " + name;
  }
}
