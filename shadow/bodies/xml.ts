import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes';
import { BeyondBounds, maxElementDepth, NodeBudget, type BodyTree } from './body-tree.ts';
import { elementTree, type ElementChild } from './element-tree.ts';
import { withoutLayout } from './xml-layout.ts';

/** Namespaces in XML: the prefix `xml` is bound to this, and nothing else is. */
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';

interface OpenElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: ElementChild[];
  readonly keepsSpace: boolean;
}

/**
 * A document by the local names of its elements, see elementTree; only the root element stands without a list. `#ns` is the
 * namespace of an element whose parent has another one; prefixes are not compared. Undefined: not well-formed, beyond the
 * bounds, or with a document type declaration, of which nothing is ever read, resolved or expanded.
 */
export function readXml(text: string): BodyTree | undefined {
  try {
    return new XmlReader().read(text);
  } catch {
    // The parser throws plain errors for what is not well-formed, and BeyondBounds comes from here.
    return undefined;
  }
}

class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #budget = new NodeBudget();
  readonly #root: OpenElement = { name: '', namespace: '', attributes: new Map(), children: [], keepsSpace: false };
  readonly #open: OpenElement[] = [this.#root];

  read(text: string): BodyTree | undefined {
    const parser = this.#parser;
    parser.on('doctype', () => {
      throw new BeyondBounds('a document type declaration');
    });
    // Counted one by one, because an element is only seen when it has all of them.
    parser.on('attribute', () => this.#budget.add(1));
    parser.on('opentag', (tag) => this.#enter(tag));
    parser.on('closetag', () => this.#leave());
    parser.on('text', (data) => this.#addText(data));
    parser.on('cdata', (data) => this.#addText(data));
    parser.on('processinginstruction', ({ target, body }) => {
      this.#budget.add(1);
      this.#open.at(-1)!.children.push({ name: `?${target}`, tree: body });
    });
    parser.write(text).close();
    return rootTree(this.#root.children);
  }

  #enter(tag: SaxesTagNS): void {
    if (this.#open.length > maxElementDepth) throw new BeyondBounds(`nested deeper than ${maxElementDepth}`);
    const attributes = Object.values(tag.attributes);
    this.#budget.add(1);
    const parent = this.#open.at(-1)!;
    const space = attributes.find(({ uri, local }) => uri === xmlNamespace && local === 'space')?.value;
    this.#open.push({
      name: tag.local,
      namespace: tag.uri,
      attributes: this.#attributes(attributes),
      children: [],
      keepsSpace: space === undefined ? parent.keepsSpace : space === 'preserve',
    });
  }

  #attributes(attributes: readonly SaxesAttributeNS[]): Map<string, string> {
    const compared = new Map<string, string>();
    for (const { prefix, local, uri, value, name } of attributes) {
      if (prefix === 'xmlns' || name === 'xmlns') continue;
      const isType = uri === schemaInstance && local === 'type';
      compared.set(attributeName(uri, local), isType ? this.#qualified(value) : value);
    }
    return compared;
  }

  /** The value is a name with a prefix, whose meaning is in the namespaces around it. */
  #qualified(value: string): string {
    const [, prefix = '', local] = /^\s*(?:([^:\s]+):)?([^:\s]+)\s*$/.exec(value) ?? [];
    const uri = local === undefined ? undefined : this.#parser.resolve(prefix);
    return uri === undefined || uri === '' ? value : `{${uri}}${local}`;
  }

  #leave(): void {
    const { name, namespace, attributes, children, keepsSpace } = this.#open.pop()!;
    const tree = elementTree(attributes, keepsSpace ? children : withoutLayout(children, namespace, name));
    if (namespace !== this.#open.at(-1)!.namespace) tree.set('#ns', namespace);
    this.#open.at(-1)!.children.push({ name, tree });
  }

  #addText(data: string): void {
    if (data === '') return;
    const { children } = this.#open.at(-1)!;
    const last = children.at(-1);
    if (typeof last === 'string') children[children.length - 1] = last + data;
    else children.push(data);
  }
}

function attributeName(uri: string, local: string): string {
  if (uri === '') return local;
  return uri === xmlNamespace ? `xml:${local}` : `{${uri}}${local}`;
}

/** The root element is there once, so that paths need no position for it. White space beside it says nothing. */
function rootTree(children: readonly ElementChild[]): BodyTree {
  const nodes = children.filter((child) => typeof child !== 'string');
  const tree = elementTree(new Map(), nodes);
  for (const { name, tree: root } of nodes) if (!name.startsWith('?')) tree.set(name, root);
  return tree;
}
