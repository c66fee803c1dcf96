-- Everyday reads of extensions that the test servers do not have.
SELECT id FROM places WHERE ST_DWithin(geog, ST_MakePoint($1, $2)::geography, 1000) ORDER BY geog <-> ST_SetSRID(ST_MakePoint($1, $2), 4326) LIMIT 10;
SELECT ST_AsGeoJSON(ST_Transform(ST_Simplify(geom, 10), 4326))::json, ST_Area(geom), ST_X(ST_Centroid(geom)) FROM parcels WHERE geom && ST_MakeEnvelope(1, 2, 3, 4, 4326) AND ST_Intersects(geom, $1);
SELECT (ST_Dump(geom)).geom, (ST_DumpPoints(geom)).path[1] FROM parcels;
SELECT ST_AsMVT(q, 'layer', 4096, 'geom') FROM (SELECT id, ST_AsMVTGeom(geom, ST_TileEnvelope(12, 1, 2)) AS geom FROM roads) AS q;
SELECT public.st_union(geom), extensions.st_extent(geom) FROM parcels GROUP BY zone;
SELECT time_bucket('5 minutes', ts) AS bucket, device, avg(value), last(value, ts) FROM readings GROUP BY 1, 2;
SELECT id, embedding <=> $1 AS distance, cosine_distance(embedding, $1), embedding <#> '[1,2,3]'::vector FROM chunks ORDER BY embedding <-> $1::public.vector LIMIT 5;
SELECT h3_latlng_to_cell(p, 9), count(*) FROM trips GROUP BY 1;
SELECT uuid_generate_v4(), vector_dims(embedding), l2_normalize(embedding) FROM chunks;
