#!/bin/sh
# Makes the secrets at the first start, and never touches them again:
#   secrets.sh FOLDER-OF-THE-GATEWAYS FOLDER-OF-POSTGRESQL FOLDER-OF-REDIS
# Each folder is a volume that nobody else has, so whoever has it may read what is in it.
set -eu

random() {
    od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

# Under its name there is only ever the whole of a file.
keep() {
    printf '%s\n' "$2" > "$1.new"
    chmod 444 "$1.new"
    mv "$1.new" "$1"
}

gateways=$1 postgres=$2 redis=$3

# Written last, so it says that all are there.
if [ -s "$gateways/parley.access.secret" ]; then
    exit 0
fi

database_password=$(random)
redis_password=$(random)
keep "$postgres/password" "$database_password"
keep "$redis/redis.conf" "requirepass $redis_password"
# Spring reads the gateways' folder as a tree of settings: the name of a file is the name of a setting.
keep "$gateways/parley.database.password" "$database_password"
keep "$gateways/parley.redis.url" "redis://:$redis_password@redis:6379"
keep "$gateways/parley.access.secret" "$(random)"
