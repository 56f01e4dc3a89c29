// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.hardware;

/** Blocks of 4 KiB, as many as are asked for. What was never written holds noise. */
public final class Disk {
  private final PageTable blocks;
  private final Background background;

  private Disk(PageTable blocks, Background background) {
    this.blocks = blocks;
    this.background = background;
  }

  /** {@return a disk on which {@code background} is} */
  public static Disk of(Background background) {
    return new Disk(new PageTable(), background);
  }

  /** {@return the block with this number: not to be changed} */
  public Page block(long number) {
    return blocks.getOr(number, background.page(number)).share();
  }

  /** {@return {@code count} blocks from this number on: not to be changed} */
  public Page[] blocks(long number, int count) {
    Page[] found = new Page[count];
    blocks.get(number, found, background);
    for (Page page : found) {
      page.share();
    }
    return found;
  }

  /** Reads bytes from the start of block {@code number} on. */
  public void read(long number, byte[] into) {
    for (int done = 0; done < into.length; done += Page.BYTES) {
      int length = Math.min(Page.BYTES, into.length - done);
      block(number + done / Page.BYTES).read(0, into, done, length);
    }
  }

  /** Writes a whole block. */
  public void write(long number, Page page) {
    blocks.put(number, page.share());
  }

  /** Writes {@code count} whole blocks from {@code number} on: pages that are shared already. */
  void write(long number, Page[] pages, int count) {
    blocks.put(number, pages, count);
  }

  /** Writes part of a block: {@code bytes} from {@code offset} on. */
  void write(long number, int offset, byte[] bytes, int from, int length) {
    Page page = block(number).copy();
    page.write(offset, bytes, from, length);
    write(number, page);
  }

  /** {@return a disk with the same bytes, that changes by itself} */
  public Disk fork() {
    return new Disk(blocks.fork(), background);
  }

  /** Adds all that was written to {@code into}. */
  public void addTo(Fingerprint into) {
    into.add(blocks.digest());
  }
}
