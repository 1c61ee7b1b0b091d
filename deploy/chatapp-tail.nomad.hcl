# Three tails that share an account's channels: each channel belongs to exactly one of them.
#
#   nomad var put nomad/jobs/chatapp-tail email=… app_id=… password=…
#   nomad job run chatapp-tail.nomad.hcl

variable "image" {
  type    = string
  default = "chatapp-tail:0.1.0"
}

job "chatapp-tail" {
  type = "service"

  group "tail" {
    # The same number stands behind the / of --shard.
    count = 3

    # What one allocation leaves, the one that replaces it goes on with.
    ephemeral_disk {
      size    = 10000
      sticky  = true
      migrate = true
    }

    # A usage error or a refused token stays what it is: then the group waits longer and longer.
    restart {
      attempts = 3
      interval = "10m"
      delay    = "15s"
      mode     = "fail"
    }

    reschedule {
      delay          = "1m"
      delay_function = "exponential"
      max_delay      = "1h"
      unlimited      = true
    }

    # Each allocation has a login of its own: a refresh token can be used once.
    # ChatApp allows 100 logins a day, so a login that still works is kept.
    task "login" {
      driver = "docker"
      user   = "10001"

      lifecycle {
        hook    = "prestart"
        sidecar = false
      }

      config {
        image           = var.image
        entrypoint      = ["sh", "-c"]
        args            = ["chatapp-tail channels --quiet >/dev/null || chatapp-tail login --email \"$EMAIL\" --app-id \"$APP_ID\" --password-stdin <\"$NOMAD_SECRETS_DIR/password\""]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      env {
        HOME = "${NOMAD_ALLOC_DIR}/data"
      }

      template {
        destination = "${NOMAD_SECRETS_DIR}/login.env"
        env         = true
        data        = "{{ with nomadVar \"nomad/jobs/chatapp-tail\" }}EMAIL={{ .email }}\nAPP_ID={{ .app_id }}\n{{ end }}"
      }

      template {
        destination = "${NOMAD_SECRETS_DIR}/password"
        data        = "{{ with nomadVar \"nomad/jobs/chatapp-tail\" }}{{ .password }}\n{{ end }}"
      }

      resources {
        cpu    = 100
        memory = 128
      }
    }

    task "tail" {
      driver       = "docker"
      user         = "10001"
      kill_signal  = "SIGTERM"
      kill_timeout = "30s"

      config {
        image      = var.image
        entrypoint = ["sh", "-c"]
        # The recording has it all: customers' messages don't belong into the logs.
        args            = ["cd \"$HOME\" && exec chatapp-tail --all --shard \"$NOMAD_ALLOC_INDEX/3\" --json --backfill --resume tail.state --record 'events-%Y-%m-%d.jsonl.gz' >/dev/null"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        mounts = [
          { type = "tmpfs", target = "/tmp" },
        ]
      }

      env {
        HOME = "${NOMAD_ALLOC_DIR}/data"
      }

      resources {
        cpu    = 100
        memory = 512
      }
    }
  }
}
