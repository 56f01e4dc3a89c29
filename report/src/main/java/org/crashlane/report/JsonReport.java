// SPDX-License-Identifier: Apache-2.0
package org.crashlane.report;

import org.crashlane.bits.Hex;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Finding;
import org.crashlane.rule.Verdict;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Verdicts for programs. Members stand in a fixed order; addresses are strings of hexadecimal
 * digits behind {@code 0x}, because JSON numbers lose bits beyond 2^53.
 *
 * <pre>
 * {"schema": 1, "answer": "HOLDS" | "BROKEN" | "UNKNOWN",
 *  "findings": [{"code": "A1", "severity": "NOTE" | "UNKNOWN" | "BROKEN", "subject": "...",
 *                "range": {"first": "0x...", "last": "0x..."} | null,
 *                "evidence": ["..."], "remedy": "..."}]}
 * </pre>
 */
public final class JsonReport {
  /** The number in {@code schema}: raised when a member changes its meaning or goes away. */
  public static final int SCHEMA = 1;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private JsonReport() {}

  /** {@return the verdict as a whole document} */
  public static ObjectNode of(Verdict verdict) {
    ObjectNode node = NODES.objectNode().put("schema", SCHEMA);
    node.put("answer", verdict.answer().name());
    ArrayNode findings = node.putArray("findings");
    verdict.findings().forEach(finding -> findings.add(of(finding)));
    return node;
  }

  /** {@return the range, or JSON's null for none} */
  public static ObjectNode of(AddressRange range) {
    return NODES.objectNode().put("first", Hex.of(range.first())).put("last", Hex.of(range.last()));
  }

  /** {@return a document with nothing but its schema} */
  public static ObjectNode document() {
    return NODES.objectNode().put("schema", SCHEMA);
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

  private static ObjectNode of(Finding finding) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("code", finding.code().name())
            .put("severity", finding.severity().name())
            .put("subject", finding.subject());
    finding.range().ifPresentOrElse(r -> node.set("range", of(r)), () -> node.putNull("range"));
    ArrayNode evidence = node.putArray("evidence");
    finding.evidence().forEach(evidence::add);
    return node.put("remedy", finding.remedy());
  }
}
