// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.guest.lab.net.NetworkCard;

/**
 * What a guest has on PCI.
 *
 * @param disk what the dump goes to
 * @param topology where its disks are plugged in
 * @param others what works up to the crash and is not needed for the dump
 */
public record Devices(DiskKind disk, Topology topology, Set<Extra> others) {

  /** A device that is not on the dump path. */
  public sealed interface Extra permits SecondDisk, Network {}

  /**
   * A disk that reads and writes up to the crash. Its commands are slow, so that some are under way
   * for seconds after it; the capture kernel leaves it alone where its driver is a module.
   */
  public record SecondDisk(DiskKind kind) implements Extra {}

  /** A network card: one that goes on receiving after the crash, or that the dump goes through. */
  public record Network(NetworkCard card) implements Extra {}

  public Devices {
    others = Set.copyOf(others);
    Optional<DiskKind> second = secondOf(others);
    if (second.isPresent() && second.get().blockDevice().equals(disk.blockDevice())) {
      throw new IllegalArgumentException(
          ("--second-disk %s beside --disk %s: both kernels would call either of them %s, and the"
                  + " dump might go to the wrong one; take another kind")
              .formatted(second.get().label(), disk.label(), disk.blockDevice()));
    }
  }

  /** {@return that disk on the root bus, and nothing else} */
  public static Devices of(DiskKind disk) {
    return new Devices(disk, Topology.ROOT, Set.of());
  }

  /** {@return the second disk, if there is one} */
  Optional<DiskKind> secondDisk() {
    return secondOf(others);
  }

  private static Optional<DiskKind> secondOf(Set<Extra> others) {
    return others.stream()
        .filter(SecondDisk.class::isInstance)
        .map(extra -> ((SecondDisk) extra).kind())
        .findFirst();
  }

  /** {@return the network card, if there is one} */
  Optional<NetworkCard> card() {
    return others.stream()
        .filter(Network.class::isInstance)
        .map(extra -> ((Network) extra).card())
        .findFirst();
  }

  /** {@return true if the dump goes to the network, and not to the disk} */
  public boolean dumpsToNetwork() {
    return card().equals(Optional.of(NetworkCard.SINK));
  }

  /** {@return all disks, the dump's first} */
  List<DiskKind> disks() {
    return Stream.concat(Stream.of(disk), secondDisk().stream()).toList();
  }

  /** {@return the drivers of all devices, in the order to load them where they are modules} */
  public Set<String> drivers() {
    Set<String> drivers = new LinkedHashSet<>();
    disks().forEach(kind -> drivers.addAll(kind.drivers()));
    card().ifPresent(card -> drivers.addAll(card.drivers()));
    return drivers;
  }
}
