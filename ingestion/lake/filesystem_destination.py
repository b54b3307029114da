"""dlt's filesystem destination with one promise more: a file is in the lake whole or not at all.

dlt copies into place on a local disk; a reader (dbt while ingestion runs) or a kill in the middle would see half a
Parquet file. Here a file is linked or copied under a hidden name, flushed, and renamed. Object stores put whole objects
anyway.
"""

from __future__ import annotations

from pathlib import Path

from dlt.common.destination.client import LoadJob, PreparedTableSchema
from dlt.destinations import filesystem
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient, FilesystemLoadJob

from stores.atomic_files import put_whole
from stores.lake.checksums import record_parts


class _WholeFileJob(FilesystemLoadJob):
    def run(self) -> None:
        if self._job_client.config.is_local_filesystem:
            put_whole(Path(self._file_path), Path(self.make_remote_path()))
        else:
            super().run()


class _LakeClient(FilesystemClient):
    def create_dataset(self) -> None:
        # the folder may exist already: contract files are written before the first load
        self.fs_client.makedirs(self.dataset_path, exist_ok=True)

    def get_load_job_class(self, table: PreparedTableSchema, file_path: str) -> type[LoadJob]:
        chosen = super().get_load_job_class(table, file_path)
        return _WholeFileJob if chosen is FilesystemLoadJob else chosen

    def complete_load(self, load_id: str) -> None:
        if self.config.is_local_filesystem:
            record_parts(Path(self.dataset_path), load_id)
        super().complete_load(load_id)


class LakeDestination(filesystem):
    """The destination of every channel."""

    @property
    def client_class(self) -> type[FilesystemClient]:
        """Client that puts whole files."""
        return _LakeClient
