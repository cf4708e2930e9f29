# SPDX-License-Identifier: GPL-3.0-or-later
"""What the labels get wrong and colour and body put right."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from dressform.inference.records import Label, Part
from dressform.inference.tryon import dress
from dressform.inference.tryon.evidence import WAIST_M, refine_labels
from dressform.inference.tryon.figure import read_figure
from dressform.inference.tryon.removal import waist_side


def _refined(person, body):
    figure = read_figure(body)
    return refine_labels(person, figure, waist_side(figure)), figure


def test_a_waistband_taken_for_the_top_goes_to_the_bottom_by_its_colour(sitter):
    person, body = sitter
    figure = read_figure(body)
    below = waist_side(figure)
    first = below[np.isin(person.labels, (Label.LOWER, Label.SKIRT))].min()
    band = (person.labels == Label.LOWER) & (below < min(first + 0.10 * figure.px_per_m, WAIST_M[1] * figure.px_per_m))
    band = cv2.erode(band.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    assert band.sum() > 200
    wrong = replace(person, labels=np.where(band, np.uint8(Label.UPPER), person.labels))
    assert (_refined(wrong, body)[0][band] == Label.LOWER).mean() > 0.8


def test_a_hand_beside_the_hip_taken_for_a_leg_is_a_hand_and_stays_before_a_skirt(sitter, wardrobe):
    person, body = sitter
    hands = (person.labels == Label.HANDS) & (person.matte > 0.9)
    assert hands.sum() > 300
    wrong = replace(person, labels=np.where(hands, np.uint8(Label.LEGS), person.labels))
    labels, _ = _refined(wrong, body)
    assert np.isin(labels[hands], (Label.HANDS, Label.ARMS)).mean() > 0.7
    worn = dress(wrong, body, [wardrobe["skirt"]]).person
    core = cv2.erode((hands & (labels == Label.HANDS)).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert core.sum() > 100
    assert (worn.labels[core] == Label.HANDS).all()
    assert np.abs(worn.photo.pixels[core].astype(int) - person.photo.pixels[core]).max() <= 2


def test_labels_that_colour_and_body_agree_with_stay(sitter):
    person, body = sitter
    labels, figure = _refined(person, body)
    assert (labels != person.labels).mean() < 0.02
    head = (figure.part == Part.HEAD) & (person.labels == Label.FACE)
    assert np.array_equal(labels[head], person.labels[head])


def test_a_shoulder_beside_long_hair_called_hair_goes_to_the_top_and_the_hair_stays(sitter):
    person, body = sitter
    figure = read_figure(body)
    shoulder, unit = figure.joints["LeftArm"], figure.px_per_m
    rows, columns = np.mgrid[:figure.height, :figure.width]
    tops = np.isin(person.labels, (Label.UPPER, Label.OUTER, Label.DRESS)) & (person.matte > 0.95)
    patch = tops & (np.hypot(columns - shoulder[0], rows - shoulder[1] - 0.03 * unit) < 0.05 * unit)
    lock = tops & (np.abs(columns - figure.joints["RightArm"][0]) < 0.02 * unit) & (rows < shoulder[1] + 0.2 * unit)
    hair = (person.labels == Label.HAIR) & (person.matte > 0.95)
    assert min(patch.sum(), lock.sum(), hair.sum()) > 200
    pixels = person.photo.pixels.copy()
    pixels[lock] = np.median(pixels[hair], 0)
    wrong = replace(person, photo=replace(person.photo, pixels=pixels),
                    labels=np.where(patch | lock, np.uint8(Label.HAIR), person.labels))
    labels, _ = _refined(wrong, body)
    core = cv2.erode(lock.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert (labels[patch] != Label.HAIR).mean() > 0.8
    assert (labels[core] == Label.HAIR).mean() > 0.9
