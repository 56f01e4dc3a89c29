// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The host at the other end of a guest's network card: sends it frames, from before the panic on
 * until it is closed. QEMU connects to its socket ({@code -netdev stream}, QEMU 7.2), where 4 bytes
 * of length precede each frame.
 */
public final class FrameSender implements AutoCloseable {
  private final ServerSocketChannel server;
  private final Map<Time, AtomicLong> sent = new EnumMap<>(Time.class);
  private volatile Time time = Time.ALIVE;

  /** When a frame was sent. */
  public enum Time {
    /** The primary kernel lives. */
    ALIVE(0, Duration.ofMillis(50)),
    /**
     * It panics, or the capture kernel boots. Few frames: a card stops when its receive ring is
     * full, and no kernel empties it any more.
     */
    DYING(1, Duration.ofMillis(500)),
    /** The capture kernel has come as far as its own script. */
    DEAD(2, Duration.ofMillis(50));

    private final int mark;
    private final Duration pace;

    Time(int mark, Duration pace) {
      this.mark = mark;
      this.pace = pace;
    }

    /** {@return what stands for it in a frame} */
    int mark() {
      return mark;
    }
  }

  private FrameSender(ServerSocketChannel server) {
    this.server = server;
    for (Time when : Time.values()) {
      sent.put(when, new AtomicLong());
    }
  }

  private AtomicLong sentAt(Time when) {
    AtomicLong count = sent.get(when);
    if (count == null) {
      throw new IllegalStateException("every time has a count");
    }
    return count;
  }

  /** {@return a sender that waits for QEMU on {@code socket}} */
  public static FrameSender listen(Path socket) throws IOException {
    FrameSender sender = new FrameSender(QemuSocket.listen(socket));
    Thread.ofVirtual().name("frame-sender").start(sender::sendAll);
    return sender;
  }

  /** Marks the frames that are sent from now on. */
  public void enter(Time next) {
    time = next;
  }

  /** {@return how many frames were sent at that time} What the card took of them, memory shows. */
  public long sentCount(Time when) {
    return sentAt(when).get();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** Ends with QEMU, or when this is closed: a card that takes no more lets it wait. */
  private void sendAll() {
    try (SocketChannel card = server.accept()) {
      while (server.isOpen()) {
        Time now = time;
        ByteBuffer frame = Frame.of(now, sentAt(now).get());
        while (frame.hasRemaining()) {
          card.write(frame);
        }
        sentAt(now).incrementAndGet();
        Thread.sleep(now.pace);
      }
    } catch (IOException closed) {
      // QEMU has ended.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
