// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.guest.lab.net.FrameSender.Time;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.guest.live.PciFunction;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.WalkVisitor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Ranges;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Frames;

/** Follows the frames that a guest's card receives: whereto they may go, and where they went. */
public final class CardWatch {
  private final FrameSender sender;
  private final RequesterId card;
  private final TranslationTables tables;
  private List<AddressRange> mapped = List.of();

  private CardWatch(FrameSender sender, RequesterId card, TranslationTables tables) {
    this.sender = sender;
    this.card = card;
    this.tables = tables;
  }

  /** {@return a watch on the card of {@code live}, a guest that has one} */
  public static CardWatch on(FrameSender sender, LiveGuest live) throws IOException {
    RequesterId card =
        live.pciFunctions().stream()
            .filter(function -> function.id().equals(NetworkCard.ID))
            .map(PciFunction::requester)
            .findFirst()
            .orElseThrow(() -> new IOException("QEMU does not show the guest's network card"));
    CardWatch watch = new CardWatch(sender, card, live.tables());
    Optional<Attachment> attachment = watch.attachment();
    if (attachment.isPresent()) {
      requireTranslated(attachment.get());
    }
    return watch;
  }

  private static void requireTranslated(Attachment attachment) throws IOException {
    String trouble =
        switch (attachment) {
          case Attachment.Translated _, Attachment.Blocked _ -> "";
          case Attachment.PassThrough _ -> "it is not translated";
          case Attachment.Unsupported unread -> "its tables are not read here: " + unread.reason();
        };
    if (!trouble.isEmpty()) {
      throw new IOException("where frames of the network card belong cannot be said: " + trouble);
    }
  }

  /** Reads what is mapped for the card: no kernel changes these tables from the panic on. */
  public void panicked() {
    sender.enter(Time.DYING);
    mapped = mappedNow();
  }

  /** Frames count from now on. */
  public void captureRuns() {
    sender.enter(Time.DEAD);
  }

  /**
   * {@return where they went}
   *
   * @param live the guest, stopped
   * @param within where to look: memory that no kernel has written since the panic
   */
  public Frames found(LiveGuest live, List<AddressRange> within) {
    return FrameSearch.find(card, sender.sentCount(Time.DEAD), live.memory(), within, mapped);
  }

  private List<AddressRange> mappedNow() {
    return attachment().map(this::mapped).orElse(List.of());
  }

  private Optional<Attachment> attachment() {
    return tables.devices().attachments().stream()
        .filter(attachment -> attachment.requester().equals(card))
        .findFirst();
  }

  private List<AddressRange> mapped(Attachment attachment) {
    Writable writable = new Writable();
    if (attachment instanceof Attachment.Translated translated) {
      tables.walk(translated.table(), writable);
    }
    return Ranges.joined(writable.pages);
  }

  private static final class Writable implements WalkVisitor {
    private final List<AddressRange> pages = new ArrayList<>();

    @Override
    public void mapping(
        long iovaFirst, long iovaLast, long physicalFirst, Permissions permissions) {
      if (permissions.allows(Access.WRITE)) {
        pages.add(AddressRange.ofSize(physicalFirst, iovaLast - iovaFirst + 1));
      }
    }

    @Override
    public void malformed(Malformation malformation) {
      // The rule's verdict has it.
    }
  }
}
