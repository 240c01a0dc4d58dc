FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 TRACKER_STATE=/var/lib/tracker TRACKER_STATIC=/app/staticfiles
RUN useradd --system --create-home --home-dir /var/lib/tracker tracker
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY . .
# A state folder of its own, thrown away: the key it makes must not be part of the image.
RUN TRACKER_STATE=$(mktemp -d) python manage.py collectstatic --noinput --verbosity 0
USER tracker
EXPOSE 8000
CMD ["python", "manage.py", "up", "--only", "web", "--bind", "0.0.0.0"]
