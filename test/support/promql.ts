/** A metric of the bridge in an expression, without its prefix, with the labels that the expression asks of it. */
export interface MetricUse {
  metric: string;
  labels: string[];
}

/** What an expression of PromQL reads from the bridge; a part of a histogram counts as the histogram. */
export function listMetrics(expression: string): MetricUse[] {
  return [...expression.matchAll(/\bbbb_(\w+?)(?:_(?:bucket|sum|count))?(?!\w)(?:\{([^}]*)\})?/g)].map(
    ([, metric, matchers = '']) => ({
      metric: metric!,
      labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label!),
    }),
  );
}
