export const firstNames = [
  'Ada',
  'Björn',
  'Carmen',
  'Dmitri',
  'Élodie',
  'Farid',
  'Grace',
  'Hiroshi',
  'Inès',
  'Jamal',
  'Katarzyna',
  'Liam',
  'Mei',
  'Noor',
  'Olga',
  'Pablo',
  'Quentin',
  'Rosa',
  'Søren',
  'Tariq',
  'Uma',
  'Viktor',
  'Wanda',
  'Ximena',
  'Yusuf',
  'Zoë',
] as const;

export const lastNames = [
  'Abe',
  'Bauer',
  "O'Brien",
  'Castillo',
  'Dubois',
  'Eriksen',
  'Fischer',
  'García',
  'Haddad',
  'Ivanov',
  'Jensen',
  'Kowalski',
  'Lindqvist',
  'Müller',
  'Nakamura',
  'Okafor',
  'Petrov',
  'Quinn',
  'Rossi',
  'Sato',
  'Tanaka',
  'Ueda',
  'Van Dijk',
  'Weiß',
] as const;

export const companies = [
  'Acme Tools',
  'Blue & Sons',
  'Cargo <Nord>',
  'Delta "Four" Ltd',
  'Eastside Cycles',
  'Fjord Outfitters',
  'Grün GmbH',
] as const;

export const cities = [
  ['Berlin', 'DE'],
  ['Lyon', 'FR'],
  ['Leeds', 'GB'],
  ['Osaka', 'JP'],
  ['Portland', 'US'],
  ['Málaga', 'ES'],
  ['Gent', 'BE'],
] as const;

export const streets = [
  'Station Road',
  'Lindenweg',
  'Rue des Écoles',
  'Calle Mayor',
  'Sakura-dori',
  'Main Street',
] as const;

export const adjectives = [
  'Folding',
  'Quiet',
  'Heavy',
  'Pocket',
  'Winter',
  'Oak',
  'Brass',
  'Linen',
  'Electric',
  'Travel',
  'Garden',
  'Studio',
] as const;

export const nouns = {
  kitchen: ['Kettle', 'Pan', 'Grinder', 'Apron'],
  office: ['Desk Lamp', 'Notebook', 'Chair', 'Stapler'],
  outdoor: ['Tent', 'Lantern', 'Stove', 'Rucksack'],
  workshop: ['Plane', 'Vice', 'Drill', 'Saw'],
} as const satisfies Record<string, readonly string[]>;

export const notes = [
  'Please ring twice.',
  'Leave with the neighbour at no. 7',
  'Gift wrap — no invoice in the box',
  'Call before delivery',
] as const;
