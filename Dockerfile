# The web server, the worker and every management command: one image, told apart by its command.
#   docker build -t marketing-automation .
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md ./
RUN /venv/bin/pip install -c constraints.txt '.[storage]'
COPY . .
# Compiled translations and collected static files are built here, so that nothing is written at run time.
RUN /venv/bin/pip install -c constraints.txt babel \
    && for po in templates/locale/*/LC_MESSAGES/django.po; do /venv/bin/pybabel --quiet compile -i "$po" -o "${po%.po}.mo"; done \
    && SECRET_KEY=only-to-collect-static-files ENV_FILE=/dev/null /venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ENV_FILE=/dev/null
RUN useradd --system --uid 10001 --home-dir /app app && mkdir -p /app/var && chown app /app/var
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER app
EXPOSE 8000
VOLUME /app/var
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'X-Forwarded-Proto': 'https', 'Host': 'localhost'}), timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--access-logfile", "-"]
