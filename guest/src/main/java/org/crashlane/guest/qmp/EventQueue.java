// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The events that came and that nobody has taken yet; the oldest go when there are too many. */
final class EventQueue {
  private static final int CAPACITY = 4096;

  /** In memory an event takes some ten times what it takes on the line. */
  private static final int CAPACITY_CHARS = 1 << 20;

  private final Path socket;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Kept> events = new ArrayDeque<>();
  private int keptChars;
  private Optional<String> end = Optional.empty();

  EventQueue(Path socket) {
    this.socket = socket;
  }

  /** An event that nobody has taken, and how long its line was. */
  private record Kept(QmpEvent event, int lineChars) {}

  /** One that is too long for the queue goes at once, with all before it. */
  void add(QmpEvent event, int lineChars) {
    lock.lock();
    try {
      events.addLast(new Kept(event, lineChars));
      keptChars += lineChars;
      while (events.size() > CAPACITY || keptChars > CAPACITY_CHARS) {
        keptChars -= events.removeFirst().lineChars;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** No more events will come. */
  void end(String reason) {
    lock.lock();
    try {
      end = Optional.of(reason);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  QmpEvent await(String name, Duration timeout) throws IOException {
    long leftNanos = timeout.toNanos();
    lock.lock();
    try {
      while (true) {
        Optional<QmpEvent> found = take(name);
        if (found.isPresent()) {
          return found.get();
        }
        if (end.isPresent()) {
          throw new IOException(socket + ": " + end.get() + " while waiting for event " + name);
        }
        if (leftNanos <= 0) {
          throw new IOException(
              socket + ": event " + name + " did not come in " + Waits.inWords(timeout));
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
    } catch (InterruptedException e) {
      throw Waits.interrupted(socket, "event " + name, e);
    } finally {
      lock.unlock();
    }
  }

  /** {@return the oldest of this name, if there is one} */
  Optional<QmpEvent> poll(String name) {
    lock.lock();
    try {
      return take(name);
    } finally {
      lock.unlock();
    }
  }

  private Optional<QmpEvent> take(String name) {
    for (Iterator<Kept> each = events.iterator(); each.hasNext(); ) {
      Kept kept = each.next();
      if (kept.event.name().equals(name)) {
        each.remove();
        keptChars -= kept.lineChars;
        return Optional.of(kept.event);
      }
    }
    return Optional.empty();
  }
}
