// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.crashlane.guest.lab.net.FrameSender.Time;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.SparseMemory;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.Frames.Astray;
import org.junit.jupiter.api.Test;

class FrameSearchTest {
  private static final RequesterId CARD = RequesterId.of(0, 2, 0);
  private static final AddressRange ALL = AddressRange.ofSize(0, 0x10000);
  private static final AddressRange MAPPED = AddressRange.ofSize(0x4000, 0x2000);

  /** A frame's payload: 15 marks of 16 bytes. */
  private static final int PAYLOAD_BYTES = 240;

  private final ByteBuffer bytes =
      ByteBuffer.allocate((int) ALL.sizeBytes()).order(ByteOrder.LITTLE_ENDIAN);

  @Test
  void framesInMappedPagesAreWhereTheyBelong() {
    put(Time.DEAD, 0x4012);
    put(Time.DEAD, 0x5802);
    Frames frames = find();
    assertEquals(2 * PAYLOAD_BYTES, frames.mappedBytes());
    assertEquals(List.of(), frames.astray());
    assertTrue(frames.isSeen());
  }

  @Test
  void framesElsewhereAreAstrayPageByPageWithTheirFirstBytes() {
    put(Time.DEAD, 0x8012);
    put(Time.DEAD, 0x9012);
    put(Time.DEAD, 0xf000);
    Frames frames = find();
    assertEquals(0, frames.mappedBytes());
    assertEquals(3 * PAYLOAD_BYTES, frames.astrayBytes());
    assertEquals(
        List.of(new AddressRange(0x8000, 0x9fff), new AddressRange(0xf000, 0xffff)),
        frames.astrayPages());
    Astray first = frames.astray().getFirst();
    assertEquals(2 * PAYLOAD_BYTES, first.bytes());
    assertEquals("637273686c616e650700000002000000", first.sample().substring(0, 32));
  }

  @Test
  void aFrameAcrossTwoPagesCountsInBothButForTheMarkBetween() {
    put(Time.DEAD, 0x8f80);
    assertEquals(PAYLOAD_BYTES - Frame.MARK_BYTES, find().astrayBytes());
  }

  @Test
  void whatWasSentWhileTheKernelLivedOrDiedIsNoMatter() {
    put(Time.ALIVE, 0x8000);
    put(Time.DYING, 0xa000);
    assertFalse(find().isSeen());
  }

  @Test
  void onlyTheMemoryThatIsNamedIsLookedAt() {
    put(Time.DEAD, 0x8000);
    Frames frames =
        FrameSearch.find(
            CARD, 1, memory(), List.of(AddressRange.ofSize(0, 0x8000)), List.of(MAPPED));
    assertFalse(frames.isSeen());
  }

  private Frames find() {
    return FrameSearch.find(CARD, 3, memory(), List.of(ALL), List.of(MAPPED));
  }

  /** Writes the frame's header and payload, as a card does. */
  private void put(Time time, long address) {
    byte[] frame = Frame.of(time, 7).array();
    bytes.put((int) address, frame, Integer.BYTES, frame.length - Integer.BYTES);
  }

  private PhysicalMemory memory() {
    SparseMemory memory = new SparseMemory("test", List.of(ALL));
    for (int at = 0; at < bytes.limit(); at += Long.BYTES) {
      memory.writeLong(at, bytes.getLong(at));
    }
    return memory;
  }
}
