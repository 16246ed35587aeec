import { defineFeature, type FeatureDefinition } from 'strangler-fig';
import { orderById, orderList } from './order-queries.ts';
import { orderReadModel, type ShopVersion } from './order-read-model.ts';

/** The order pages of the shop, answered from `order_summary`. */
export function ordersFeature(version: ShopVersion): FeatureDefinition {
  return defineFeature({
    name: 'orders',
    readModel: orderReadModel(version),
    queries: { 'GET /api/orders': orderList, 'GET /api/orders/:id': orderById },
    compare: {
      ignore: ['$.generated_at'],
      keyed: { '$.items': 'id', '$.payments': 'id' },
      redact: ['$.customer.name', '$.customer.email', '$.items[*].customer.name', '$.shipping_address', '$.note'],
    },
    cutover: {
      maxMismatchRate: 0.01,
      confidence: 0.95,
      reads: { canary: [5, 25, 50], dwellSeconds: 5 },
    },
  });
}
