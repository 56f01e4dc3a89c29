// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import java.util.Collection;
import java.util.function.Function;
import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Verdict;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Verdicts for programs. Members are in a fixed order; addresses are strings of hexadecimal digits
 * behind {@code 0x}, because JSON numbers lose bits beyond 2^53.
 *
 * <pre>
 * {"version": 2, "answer": "HOLDS" | "BROKEN" | "UNKNOWN",
 *  "findings": [{"code": "A1", "severity": "NOTE" | "UNKNOWN" | "BROKEN",
 *                "subject": {"kind": "...", ..., "text": "..."},
 *                "ranges": [{"first": "0x...", "last": "0x..."}],
 *                "evidence": [{"kind": "...", ..., "text": "..."}],
 *                "remedies": [{"kind": "...", ..., "text": "..."}]}]}
 * </pre>
 */
public final class JsonReport {
  /** The number in {@code version}: raised when a member changes its meaning or goes away. */
  public static final int VERSION = 2;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private JsonReport() {}

  /** {@return the verdict as a whole document} */
  public static ObjectNode of(Verdict verdict) {
    return document()
        .put("answer", verdict.answer().name())
        .set("findings", array(verdict.findings(), FindingJson::of));
  }

  /** {@return the range} */
  public static ObjectNode of(AddressRange range) {
    return NODES.objectNode().put("first", Hex.of(range.first())).put("last", Hex.of(range.last()));
  }

  /** {@return a document with nothing but its version} */
  public static ObjectNode document() {
    return NODES.objectNode().put("version", VERSION);
  }

  /** {@return an array of what {@code each} makes of {@code all}} */
  public static <T> ArrayNode array(Collection<T> all, Function<? super T, ObjectNode> each) {
    ArrayNode array = NODES.arrayNode();
    all.forEach(one -> array.add(each.apply(one)));
    return array;
  }

  /** {@return an array of what {@code all} are called} */
  public static ArrayNode names(Collection<?> all) {
    ArrayNode array = NODES.arrayNode();
    all.forEach(one -> array.add(one.toString()));
    return array;
  }

  /** {@return {@code node} as one line, for documents that come one after the other} */
  public static String line(ObjectNode node) {
    return JsonMapper.builder().build().writeValueAsString(node) + "\n";
  }

  /** {@return {@code node} as text, indented, ended by a line feed} */
  public static String text(ObjectNode node) {
    JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    return mapper.writeValueAsString(node) + "\n";
  }
}
