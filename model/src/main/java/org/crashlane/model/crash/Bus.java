// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Outcome;
import org.crashlane.iommu.Request;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.DmaDevice;
import org.crashlane.model.hardware.DmaPort;
import org.crashlane.model.hardware.Page;
import org.crashlane.model.kernel.DmaHandle;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Event;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Sighting.Meant;
import org.crashlane.rule.Sighting.Modelled;
import org.crashlane.rule.Subject.Requests;

/**
 * Where requests of devices meet the IOMMU and memory, and where each byte of them is held against
 * what the drivers meant.
 */
final class Bus implements DmaPort {
  /** No place in memory. */
  private static final long NOWHERE = -1;

  private final World world;

  /** The bit by which memory is told that a page is encrypted; it is no address. */
  private final long encryptionMask;

  Bus(World world) {
    this.world = world;
    this.encryptionMask = world.plan().machine().encryption().addressMask();
  }

  @Override
  public boolean read(DmaDevice device, long bus, byte[] into, int offset, int length) {
    long physical = route(device, bus, length, Access.READ);
    if (physical == NOWHERE) {
      return false;
    }
    world.memory().read(physical, into, offset, length);
    return true;
  }

  @Override
  public boolean write(DmaDevice device, long bus, byte[] from, int offset, int length) {
    long physical = route(device, bus, length, Access.WRITE);
    if (physical == NOWHERE) {
      return false;
    }
    world.memory().write(physical, from, offset, length);
    return true;
  }

  @Override
  public int readPages(DmaDevice device, long bus, Page[] into) {
    long mask = device.spec().dmaMask();
    Optional<DmaHandle> all =
        world.meant(device, bus & mask, into.length * Page.BYTES, Access.READ);
    boolean plain = all.isPresent() && device.worksForCapture() && !world.isTraced();
    RequesterId requester = device.spec().requester();
    for (int count = 0; count < into.length; count++) {
      long at = (bus + (long) count * Page.BYTES) & mask;
      Request request = new Request(requester, at, Access.READ);
      Outcome outcome = world.remapper().translate(world.memory(), request);
      long physical =
          plain && outcome instanceof Outcome.Reached(long sent) && sent == place(all.get(), at)
              ? memoryAt(sent & ~encryptionMask, Page.BYTES)
              : settled(device, request, Page.BYTES, outcome);
      if (physical == NOWHERE) {
        return count;
      }
      into[count] = world.memory().share(physical);
    }
    return into.length;
  }

  /** {@return the address, if there is memory for all of {@code length} bytes from there on} */
  private long memoryAt(long physical, int length) {
    return world.memory().exists(physical, length) ? physical : NOWHERE;
  }

  @Override
  public boolean writePage(DmaDevice device, long bus, Page page) {
    long physical = route(device, bus, Page.BYTES, Access.WRITE);
    if (physical == NOWHERE) {
      return false;
    }
    world.memory().put(physical, page);
    return true;
  }

  /**
   * Has {@code device} read {@code bus}, which is none of its own: a request that comes too early,
   * or once more when all is done. A unit that confines its devices lets none of these through.
   */
  void stray(DmaDevice device, long bus) {
    Request request =
        new Request(device.spec().requester(), bus & device.spec().dmaMask(), Access.READ);
    Outcome outcome = world.remapper().translate(world.memory(), request);
    boolean confined =
        world.plan().machine().modeSpec() instanceof ModeSpec.Paging
            && !device.spec().passThrough();
    if (confined
        && outcome instanceof Outcome.Reached reached
        && !AskedFor.by(world, Set.of(request.requester()))
            .allows(request.iova(), reached.physicalAddress() & ~encryptionMask)) {
      note(
          Kind.PRIMARY_ASTRAY,
          device,
          request,
          reached.physicalAddress(),
          1,
          List.of(because(Cause.STRAY)));
    }
  }

  /**
   * {@return where in memory the request goes, or {@link #NOWHERE}; what must not be is noted}
   *
   * @param given what the device was given; it has no wires for more bits than its mask has
   */
  private long route(DmaDevice device, long given, int length, Access access) {
    long bus = given & device.spec().dmaMask();
    Request request = new Request(device.spec().requester(), bus, access);
    return settled(device, request, length, world.remapper().translate(world.memory(), request));
  }

  private long settled(DmaDevice device, Request request, int length, Outcome outcome) {
    Optional<DmaHandle> meant = world.meant(device, request.iova(), length, request.access());
    return switch (outcome) {
      case Outcome.Reached reached -> reached(device, request, reached, length, meant);
      case Outcome.Blocked blocked -> {
        if (world.isCrashed()) {
          world.seen().blocked(device.worksForCapture(), blocked.fault());
        }
        notThrough(device, request, length, meant, blocked.fault().why());
        yield NOWHERE;
      }
      case Outcome.Interrupt _ -> {
        notThrough(device, request, length, meant, Cause.TAKEN_FOR_INTERRUPT);
        yield NOWHERE;
      }
      case Outcome.Unknown unknown ->
          throw new IllegalStateException("the model's own tables cannot be read: " + unknown);
    };
  }

  private long reached(
      DmaDevice device,
      Request request,
      Outcome.Reached reached,
      int length,
      Optional<DmaHandle> meant) {
    long sent = reached.physicalAddress();
    long physical = sent & ~encryptionMask;
    boolean asMeant = meant.isPresent() && sent == place(meant.get(), request.iova());
    boolean memory = world.memory().exists(physical, length);
    if (world.isTraced()) {
      traceReached(device, request, physical, length, memory);
    }
    if (!asMeant) {
      astray(device, request, physical, length, meant, memory);
    }
    if (!device.worksForCapture() && world.isCrashed()) {
      leftover(device, request, physical, length, meant);
    }
    return memory ? physical : NOWHERE;
  }

  private void traceReached(
      DmaDevice device, Request request, long physical, int length, boolean memory) {
    world.trace(() ->
        new Event.Reached(
            device.spec().device(), request.access(), request.iova(), physical, length, memory));
  }

  private void astray(
      DmaDevice device,
      Request request,
      long physical,
      int length,
      Optional<DmaHandle> meant,
      boolean memory) {
    if (memory && request.access() == Access.WRITE) {
      world.seen().corrupted(length);
    }
    Kind kind =
        device.worksForCapture()
            ? Kind.CAPTURE_ASTRAY
            : world.isCrashed() ? Kind.LEFTOVER_ASTRAY : Kind.PRIMARY_ASTRAY;
    note(kind, device, request, physical, length, List.of(meantFor(meant, request)));
  }

  private void leftover(
      DmaDevice device, Request request, long physical, int length, Optional<DmaHandle> meant) {
    world.seen().leftoverPassed();
    leftoverIova(device, request, physical, length);
    if (world.plan().machine().inCrashRange(AddressRange.ofSize(physical, length))) {
      Kind kind =
          device.worksForFirmware() ? Kind.FIRMWARE_IN_CRASH_RANGE : Kind.LEFTOVER_IN_CRASH_RANGE;
      note(kind, device, request, physical, length, List.of(meantFor(meant, request)));
    }
  }

  private void leftoverIova(DmaDevice device, Request request, long physical, int length) {
    if (!device.worksForFirmware()
        && world.plan().machine().inCrashRange(AddressRange.ofSize(request.iova(), length))) {
      note(Kind.LEFTOVER_IOVA_IN_CRASH_RANGE, device, request, physical, length, List.of());
    }
  }

  private void notThrough(
      DmaDevice device, Request request, int length, Optional<DmaHandle> meant, Term why) {
    world.trace(
        () -> new Event.Blocked(device.spec().device(), request.access(), request.iova(), why));
    if (device.worksForCapture()) {
      note(Kind.CAPTURE_BLOCKED, device, request, request.iova(), length, List.of(because(why)));
    } else if (world.isCrashed()) {
      leftoverIova(device, request, request.iova(), length);
    } else if (meant.isPresent()) {
      note(Kind.PRIMARY_BLOCKED, device, request, request.iova(), length, List.of(because(why)));
    }
  }

  private static Evidence meantFor(Optional<DmaHandle> meant, Request request) {
    return meant
        .<Evidence>map(h -> new Meant(place(h, request.iova())))
        .orElseGet(() -> because(Cause.NOT_MAPPED_SO));
  }

  private static Evidence because(Term why) {
    return new Modelled(Reason.of(why));
  }

  private void note(
      Kind kind, DmaDevice device, Request request, long physical, int length, List<Evidence> why) {
    world.violated(
        kind,
        (which, step) ->
            new Violation(
                which,
                step,
                new Requests(device.spec().device(), request.access()),
                request.iova(),
                physical,
                length,
                evidence(request, why)));
  }

  private List<Evidence> evidence(Request request, List<Evidence> why) {
    return Stream.concat(
            why.stream(),
            world.remapper().explain(world.memory(), request).stream().map(Modelled::new))
        .toList();
  }

  private static long place(DmaHandle handle, long bus) {
    return handle.target() + (bus - handle.busAddress());
  }
}
