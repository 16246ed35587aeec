export { mirrorTableName, qualifiedSource } from '../config/mirror-name.ts';

/** Names in the target database that belong to one version of a read model. */
export interface ReadModelNames {
  /** Name of the projection, e.g. `order_summary_v1`. */
  readonly projection: string;
  /** Schema that holds the read model's table. */
  readonly schema: string;
  /** Schema that holds the mirrored legacy tables. */
  readonly mirror: string;
}

export function readModelNames(readModel: { readonly name: string; readonly version: number }): ReadModelNames {
  const projection = `${readModel.name}_v${readModel.version}`;
  return { projection, schema: `rm_${projection}`, mirror: `mirror_${projection}` };
}

/** Schema in the legacy database that holds the views of a shared read model. */
export function sharedSchemaName(readModel: { readonly name: string; readonly version: number }): string {
  return `fig_${readModel.name}_v${readModel.version}`;
}
