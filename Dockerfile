# One image for all three services; the command names the service:
#   node dist/apps/tc-listener/src/main.js
#   node dist/apps/bb-listener/src/main.js
#   node dist/apps/reflector/src/main.js
# and `node bin/buildbot-bridge.js migrate` brings the bridge's database up to date.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
WORKDIR /app
# The young generation of the heap grows to dozens of megabytes in a process that mostly waits for messages. Eight
# megabytes are enough here.
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=8
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/dist/all-in-one dist/all-in-one
COPY --from=build /app/dist/apps dist/apps
COPY --from=build /app/dist/libs/commands dist/libs/commands
USER node
EXPOSE 8081 8082 8083
CMD ["node", "bin/buildbot-bridge.js"]
