// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.DeviceScope.Hop;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.guest.live.PciFunction.Buses;
import org.crashlane.linux.MappedRegion;
import org.crashlane.linux.MappedRegion.Users;
import org.crashlane.machine.FirmwareRegion;
import org.crashlane.machine.FirmwareRegion.Kind;
import org.crashlane.memory.AddressRange;
import org.crashlane.pci.RequesterId;

/** A guest's PCI buses, as far as they tell which devices the paths of ACPI tables lead to. */
final class PciTree {
  private static final int DEVFN_MAX = 255;

  private final List<PciFunction> all;
  private final Map<RequesterId, Buses> functions = new HashMap<>();

  PciTree(List<PciFunction> functions) {
    this.all = List.copyOf(functions);
    functions.forEach(f -> this.functions.put(f.requester(), f.behind()));
  }

  /** {@return {@code region} by the ids that the requests of its devices carry} */
  Stream<FirmwareRegion> byRequester(FirmwareRegion region) {
    Set<RequesterId> carried =
        all.stream()
            .filter(f -> region.isFor(f.requester()))
            .flatMap(f -> f.requesters().stream())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    boolean isOfOthers =
        region.first().equals(region.last())
            && !carried.isEmpty()
            && !carried.contains(region.first());
    return Stream.concat(
        isOfOthers ? Stream.empty() : Stream.of(region),
        carried.stream()
            .filter(id -> !region.isFor(id))
            .map(id -> new FirmwareRegion(id, id, region.range(), region.kind())));
  }

  /**
   * Adds the memory that {@code region} has devices use, once for each device or range of them.
   *
   * @return false if it has others use it too, which are not known
   */
  boolean addUsers(MappedRegion region, Set<FirmwareRegion> into) {
    return switch (region.users()) {
      case Users.Scopes scopes -> addUsers(region, scopes, into);
      case Users.Requesters(Ivmd block) -> {
        Kind kind = block.isExclusion() ? Kind.EXCLUDED : Kind.MAPPED;
        block
            .devices()
            .ifPresent(span ->
                into.add(
                    new FirmwareRegion(
                        span.first().inSegment(region.segment()),
                        span.last().inSegment(region.segment()),
                        region.range(),
                        kind)));
        yield true;
      }
    };
  }

  private boolean addUsers(MappedRegion region, Users.Scopes scopes, Set<FirmwareRegion> into) {
    boolean areAll = scopes.areAll();
    for (DeviceScope scope : scopes.region().scopes()) {
      Optional<RequesterId> device = device(scope);
      areAll &= device.isPresent();
      device.ifPresent(d -> into.addAll(users(region, scope, d)));
    }
    return areAll;
  }

  private List<FirmwareRegion> users(MappedRegion region, DeviceScope scope, RequesterId device) {
    List<FirmwareRegion> users = new ArrayList<>();
    AddressRange range = region.range();
    users.add(new FirmwareRegion(device.inSegment(region.segment()), range));
    Buses behind = functions.getOrDefault(device, Buses.NONE);
    if (scope.kind() == DeviceScope.Kind.PCI_SUB_HIERARCHY && !behind.areNone()) {
      users.add(
          new FirmwareRegion(
              RequesterId.of(behind.secondary(), 0).inSegment(region.segment()),
              RequesterId.of(behind.subordinate(), DEVFN_MAX).inSegment(region.segment()),
              range,
              Kind.MAPPED));
    }
    return users;
  }

  /** {@return where the path of a scope leads to, bridge by bridge} */
  private Optional<RequesterId> device(DeviceScope scope) {
    boolean sendsDma =
        switch (scope.kind()) {
          case PCI_ENDPOINT, PCI_SUB_HIERARCHY, ACPI_NAMESPACE_DEVICE -> true;
          case IOAPIC, MSI_CAPABLE_HPET, UNKNOWN -> false;
        };
    if (!sendsDma || scope.path().isEmpty() || !scope.path().stream().allMatch(Hop::exists)) {
      return Optional.empty();
    }
    RequesterId at = RequesterId.of(scope.startBus(), 0);
    for (int i = 0; i < scope.path().size(); i++) {
      Hop hop = scope.path().get(i);
      Buses behind = functions.getOrDefault(at, Buses.NONE);
      if (i > 0 && behind.areNone()) {
        return Optional.empty();
      }
      int bus = i == 0 ? scope.startBus() : behind.secondary();
      at = RequesterId.of(bus, hop.device(), hop.function());
    }
    return Optional.of(at);
  }
}
