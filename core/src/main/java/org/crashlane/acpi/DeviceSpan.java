// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.pci.RequesterId;

/**
 * Devices behind an AMD IOMMU that one device entry, or a pair of them, is about.
 *
 * @param first first requester id
 * @param last last requester id, not below {@code first}
 * @param settings the data setting, 8 bits
 * @param alias the requester id that the devices' requests carry, if not their own
 */
public record DeviceSpan(
    RequesterId first, RequesterId last, int settings, Optional<RequesterId> alias) {
  /** All requesters of a segment. */
  static final DeviceSpan ALL = of(RequesterId.of(0, 0), RequesterId.of(255, 255));

  public DeviceSpan {
    if (first.compareTo(last) > 0) {
      throw new IllegalArgumentException("span ends before it begins: " + first + " to " + last);
    }
  }

  static DeviceSpan of(RequesterId first, RequesterId last) {
    return new DeviceSpan(first, last, 0, Optional.empty());
  }

  /** {@return true if {@code requester} is one of the devices} */
  public boolean contains(RequesterId requester) {
    return first.compareTo(requester) <= 0 && requester.compareTo(last) <= 0;
  }

  /** {@return true if {@code requester} is one of the devices or what their requests carry} */
  public boolean serves(RequesterId requester) {
    return contains(requester) || alias.equals(Optional.of(requester));
  }

  /**
   * {@return what {@code entries} say, in their order} Ranges without a beginning or an end, and
   * those that end before they begin, are left out: the reader has reported them.
   */
  static List<DeviceSpan> of(List<IvhdEntry> entries) {
    List<DeviceSpan> spans = new ArrayList<>();
    Optional<DeviceSpan> open = Optional.empty();
    for (IvhdEntry entry : entries) {
      switch (entry) {
        case IvhdEntry.All all ->
            spans.add(new DeviceSpan(ALL.first, ALL.last, all.settings(), Optional.empty()));
        case IvhdEntry.Select one -> spans.add(one(one.device(), one.settings()));
        case IvhdEntry.ExtendedSelect one -> spans.add(one(one.device(), one.settings()));
        case IvhdEntry.Special one -> spans.add(one(one.device(), one.settings()));
        case IvhdEntry.AcpiHid one -> spans.add(one(one.device(), one.settings()));
        case IvhdEntry.AliasSelect one ->
            spans.add(one(one.device(), one.settings()).withAlias(one.alias()));
        case IvhdEntry.RangeStart start ->
            open = Optional.of(one(start.device(), start.settings()));
        case IvhdEntry.ExtendedRangeStart start ->
            open = Optional.of(one(start.device(), start.settings()));
        case IvhdEntry.AliasRangeStart start ->
            open = Optional.of(one(start.device(), start.settings()).withAlias(start.alias()));
        case IvhdEntry.RangeEnd end -> {
          open.filter(range -> range.first().compareTo(end.device()) <= 0)
              .ifPresent(range -> spans.add(range.to(end.device())));
          open = Optional.empty();
        }
        case IvhdEntry.Pad _, IvhdEntry.Unknown _ -> {}
      }
    }
    return List.copyOf(spans);
  }

  private static DeviceSpan one(RequesterId device, int settings) {
    return new DeviceSpan(device, device, settings, Optional.empty());
  }

  private DeviceSpan withAlias(RequesterId requester) {
    return new DeviceSpan(first, last, settings, Optional.of(requester));
  }

  private DeviceSpan to(RequesterId end) {
    return new DeviceSpan(first, end, settings, alias);
  }
}
