import { latin1, type BodyCase } from './body-case.ts';

type Pair = Omit<BodyCase, 'type'>;

const instance = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"';
const soap = 'http://schemas.xmlsoap.org/soap/envelope/';
const feed = (entries: string): string =>
  `<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>/</link>${entries}</channel></rss>`;
const laughs = [
  '<!DOCTYPE l [<!ENTITY a0 "ha">',
  ...Array.from({ length: 30 }, (_, i) => `<!ENTITY a${i + 1} "&a${i};&a${i};&a${i};&a${i};">`),
  ']>',
].join('');

const same: Pair[] = [
  {
    name: 'another prefix for the same namespace',
    legacy: '<a:r xmlns:a="u"><a:x/></a:r>',
    candidate: '<r xmlns="u"><x/></r>',
  },
  { name: 'attributes in another order and other quotes', legacy: `<r a="1" b='2'/>`, candidate: `<r b="2" a="1"/>` },
  { name: 'an element that closes itself', legacy: '<r><x/></r>', candidate: '<r><x></x></r>' },
  { name: 'CDATA', legacy: '<r>a <![CDATA[<b> & ]]>c</r>', candidate: '<r>a &lt;b&gt; &amp; c</r>' },
  { name: 'characters as references', legacy: '<r a="&quot;">&#233;&#x20AC;&apos;</r>', candidate: `<r a='"'>é€'</r>` },
  { name: 'layout between elements', legacy: '<r>\n  <x>1</x>\n  <y/>\n</r>\n', candidate: '<r><x>1</x><y/></r>' },
  {
    name: 'layout between blocks of XHTML',
    legacy: '<div xmlns="http://www.w3.org/1999/xhtml">\n <p>a</p>\n <p>b</p>\n</div>',
    candidate: '<div xmlns="http://www.w3.org/1999/xhtml"><p>a</p><p>b</p></div>',
  },
  { name: 'a comment inside a text', legacy: '<r>a<!-- x -->b</r>', candidate: '<r>ab</r>' },
  {
    name: 'a declaration and another encoding',
    legacy: latin1('<?xml version="1.0" encoding="ISO-8859-1"?><r>é</r>'),
    candidate: '<r>é</r>',
  },
  { name: 'lines that end in CRLF', legacy: '<r>a\r\nb</r>', candidate: '<r>a\nb</r>' },
  {
    name: 'a SOAP envelope with other prefixes',
    legacy: `<s:Envelope xmlns:s="${soap}"><s:Body><p:Get xmlns:p="u"><p:id>1</p:id></p:Get></s:Body></s:Envelope>`,
    candidate: `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${soap}" xmlns="u"><SOAP-ENV:Body><Get><id>1</id></Get></SOAP-ENV:Body></SOAP-ENV:Envelope>`,
  },
  {
    name: 'a type whose prefix means the same',
    legacy: `<v ${instance} xmlns:a="u" i:type="a:int">1</v>`,
    candidate: `<v ${instance} xmlns:b="u" i:type="b:int">1</v>`,
  },
  {
    name: 'an attribute with another prefix for the same namespace',
    legacy: '<r xmlns:x="u" x:href="1"/>',
    candidate: '<r xmlns:y="u" y:href="1"/>',
  },
  {
    name: 'keys that JavaScript knows',
    legacy: '<__proto__ constructor="1"/>',
    candidate: "<__proto__ constructor='1'/>",
  },
];

const different: Pair[] = [
  {
    name: 'white space between two words of XHTML',
    legacy: '<p xmlns="http://www.w3.org/1999/xhtml"><b>a</b> <i>b</i></p>',
    candidate: '<p xmlns="http://www.w3.org/1999/xhtml"><b>a</b><i>b</i></p>',
    differences: [`missing $.p['#text']`],
  },
  {
    name: 'another namespace',
    legacy: '<r xmlns="u"><x/></r>',
    candidate: '<r xmlns="v"><x/></r>',
    differences: [`value $.r['#ns']`],
  },
  {
    name: 'a child that leaves the namespace',
    legacy: '<r xmlns="u"><x xmlns=""/></r>',
    candidate: '<r xmlns="u"><x/></r>',
    differences: [`missing $.r.x[0]['#ns']`],
  },
  {
    name: 'white space in a text',
    legacy: '<r> x </r>',
    candidate: '<r>x</r>',
    differences: [`value $.r['#text'][0]`],
  },
  { name: 'white space is all there is', legacy: '<r> </r>', candidate: '<r/>', differences: [`missing $.r['#text']`] },
  {
    name: 'white space between elements among text',
    legacy: '<p>a <b>x</b> <i>y</i></p>',
    candidate: '<p>a <b>x</b><i>y</i></p>',
    differences: [`missing $.p['#text'][1]`],
  },
  {
    name: 'white space that is to be kept',
    legacy: '<r xml:space="preserve"> <x/></r>',
    candidate: '<r xml:space="preserve"><x/></r>',
    differences: [`missing $.r['#text']`],
  },
  {
    name: 'the order of elements',
    legacy: '<r><a/><b/></r>',
    candidate: '<r><b/><a/></r>',
    differences: [`value $.r['#order']`],
  },
  {
    name: 'a style sheet',
    legacy: '<?xml-stylesheet href="a"?><r/>',
    candidate: '<?xml-stylesheet href="b"?><r/>',
    differences: [`value $['?xml-stylesheet'][0]`],
  },
  {
    name: 'a style sheet is missing',
    legacy: '<?xml-stylesheet href="a"?><r/>',
    candidate: '<r/>',
    differences: [`missing $['?xml-stylesheet']`],
  },
  {
    name: 'a link of the feed itself among links',
    legacy: feed('<atom:link href="/a"/>'),
    candidate: feed('<atom:link href="/b"/>'),
    differences: [`value $.rss.channel[0].link[1]['@href']`],
  },
  {
    name: 'one entry more',
    legacy: feed('<item>1</item>'),
    candidate: feed('<item>1</item><item>2</item>'),
    differences: ['extra $.rss.channel[0].item[1]'],
  },
  {
    name: 'a type whose prefix means something else',
    legacy: `<v ${instance} xmlns:a="u" i:type="a:int">1</v>`,
    candidate: `<v ${instance} xmlns:a="w" i:type="a:int">1</v>`,
    differences: [`value $.v['@{http://www.w3.org/2001/XMLSchema-instance}type']`],
  },
  {
    name: 'a language',
    legacy: '<r xml:lang="en"/>',
    candidate: '<r xml:lang="de"/>',
    differences: [`value $.r['@xml:lang']`],
  },
  { name: 'another root', legacy: '<a/>', candidate: '<b/>', differences: ['missing $.a', 'extra $.b'] },
];

const asText: Pair[] = [
  {
    name: 'what is not well-formed',
    legacy: '<a><b></a>',
    candidate: '<a></a>',
    differences: ['body body, line 1, character 5'],
  },
  {
    name: 'an attribute twice',
    legacy: '<a x="1" x="2"/>',
    candidate: '<a x="1" />',
    differences: ['body body, line 1, character 10'],
  },
  {
    name: 'a name that no document declares',
    legacy: '<a>&constructor;</a>',
    candidate: '<a>&toString;</a>',
    differences: ['body body, line 1, character 5'],
  },
  {
    name: 'a document type, even where only attributes change places',
    legacy: '<!DOCTYPE r><r a="1" b="2"/>',
    candidate: '<!DOCTYPE r><r b="2" a="1"/>',
    differences: ['body body, line 1, character 16'],
  },
  {
    name: 'an external entity, which is not fetched',
    legacy: '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>',
    candidate: '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostnane">]><r>&x;</r>',
    differences: ['body body, line 1, character 51'],
  },
  {
    name: 'a billion laughs, none of which is laughed',
    legacy: `${laughs}<l>&a30;</l>`,
    candidate: `${laughs}<l>&a29;</l>`,
    differences: [`body body, line 1, character ${laughs.length + 6}`],
  },
  {
    name: 'beyond the depth that is read',
    legacy: `${'<a>'.repeat(300)}1${'</a>'.repeat(300)}`,
    candidate: `${'<a>'.repeat(300)}2${'</a>'.repeat(300)}`,
    differences: ['body body, line 1, character 901'],
  },
];

const ruled: Pair[] = [
  {
    name: 'the order of fields is ignored',
    legacy: '<r><a/><b/></r>',
    candidate: '<r><b/><a/></r>',
    rules: { ignore: ["$.r['#order']"] },
    differences: [],
  },
  {
    name: 'when a feed was built is ignored',
    legacy: feed('<lastBuildDate>1</lastBuildDate><item>x</item>'),
    candidate: feed('<item>x</item>'),
    rules: { ignore: ['$.rss.channel[*].lastBuildDate'] },
    differences: [],
  },
];

export const xmlCases: readonly BodyCase[] = [
  ...same.map((pair) => ({ ...pair, differences: [] })),
  ...different,
  ...asText,
  ...ruled,
].map((pair, index) => ({ ...pair, type: ['application/xml', 'text/xml', 'application/rss+xml'][index % 3]! }));
