# One image for web servers and workers; the command says which. Built with: docker build -t automation .
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md ./
RUN /venv/bin/pip install --no-cache-dir -c constraints.txt '.[storage]'
COPY . .
# A key for this step alone: static files and translations need none, the settings do.
RUN /venv/bin/pip install --no-cache-dir -c constraints.txt babel \
    && /venv/bin/pybabel --quiet compile -d templates/locale -D django -l fr \
    && SECRET_KEY=build ENV_FILE=/dev/null DATABASE_URL=sqlite:////tmp/none.sqlite3 \
       /venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ENV_FILE=/dev/null
RUN useradd --system --uid 10001 --home-dir /app automation
COPY --from=build /venv /venv
COPY --from=build /app /app
RUN install -d -o automation /app/var
USER automation
WORKDIR /app
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4", "--no-control-socket"]
