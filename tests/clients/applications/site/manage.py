# SPDX-License-Identifier: PostgreSQL
"""A Django project whose one application, stock, has one command, rebuild."""
import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

settings.configure(INSTALLED_APPS=['stock'], DATABASES={'default': {
    'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT'],
    'NAME': os.environ['PGDATABASE'], 'USER': os.environ['PGUSER']}})
execute_from_command_line(sys.argv)
